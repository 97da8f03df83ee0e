/* Words of shared memory that are changed without a lock: each look and each change is whole, none has an order among others.
 *
 * Programs for the kernel (BPF) have atomic additions and exchanges only: there an aligned word is loaded and stored whole by itself. */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#ifdef __bpf__
#define ATOMIC_LOAD(at) (*(const volatile __typeof__(*(at)) *)(at))
#define ATOMIC_STORE(at, v) (*(volatile __typeof__(*(at)) *)(at) = (v))
#else
#define ATOMIC_LOAD(at) __atomic_load_n(at, __ATOMIC_RELAXED)
#define ATOMIC_STORE(at, v) __atomic_store_n(at, v, __ATOMIC_RELAXED)
#endif

/* The sum. */
#define ATOMIC_ADD(at, n) __sync_add_and_fetch(at, n)

/* *at becomes v if it was `old`. What it was. */
#define ATOMIC_SWAP(at, old, v) __sync_val_compare_and_swap(at, old, v)

#endif
