/* Messages of NTS key establishment, read as a server and as a client do; what a server makes of a wish can be written, and read by a client where it
 * grants. */
#include <assert.h>

#include "nts/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_server(struct span message)
{
    static const uint8_t cookies[NTS_COOKIES_MAX * NTS_COOKIE_MAX];
    const struct nts_ke_offer offer = { "ntp.example", 1123 };
    struct nts_ke_wish w = nts_ke_read_wish(message);
    size_t cookie_size = w.aead ? nts_cookie_size(w.aead) : 0, len;
    struct nts_ke_grant g;
    uint8_t out[2048];
    const char *wrong;

    assert(w.error != NTS_KE_NO_ERROR || nts_ke_is_whole(message));
    assert(w.aead == 0 || crypto_siv_key_size(w.aead) > 0);
    len = nts_ke_write_answer(&w, &offer, cookies, cookie_size, out, sizeof out);
    assert(len > 0);
    wrong = nts_ke_read_answer((struct span){ out, len }, &g);
    assert(!wrong == (w.error == NTS_KE_NO_ERROR && w.ntpv4 && w.aead));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span message = { data, size };
    struct nts_ke_grant g;

    as_server(message);
    if (!nts_ke_read_answer(message, &g)) {
        assert(g.cookie_count >= 1 && g.cookie_count <= NTS_COOKIES_MAX && g.cookie_size >= 4 && g.cookie_size <= NTS_COOKIE_KEPT_MAX);
        assert(crypto_siv_key_size(g.aead) > 0);
    }
    return 0;
}
