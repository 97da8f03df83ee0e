/* utcctl completion: bash, zsh and fish complete from the tables that args.c reads the command line by, so that they cannot lag behind. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/file_args.h"

#define COMMANDS (COMMAND_COUNT + FILE_VERBS)

/* The commands of both tables, one behind the other. */
static const char *name_of(unsigned c)
{
    return c < COMMAND_COUNT ? args_command_name((enum command)c) : file_verb_name((enum file_verb)(c - COMMAND_COUNT));
}

static const char *words_of(unsigned c)
{
    if (c == COMMAND_LOG)
        return "level debug info notice warning error";
    return c < COMMAND_COUNT ? args_command_words((enum command)c) : c - COMMAND_COUNT == FILE_CONFIG ? "explain" : "";
}

/* Files can follow it, as words or behind an option. */
static bool takes_files(unsigned c) { return c >= COMMAND_COUNT || c == COMMAND_SIM; }

static void print_commands(void)
{
    for (unsigned c = 0; c < COMMANDS; c++)
        printf("%s%s", c ? " " : "", name_of(c));
}

static void print_words(unsigned c)
{
    const char *name;
    bool takes_value;
    unsigned commands;

    fputs(words_of(c), stdout);
    for (size_t i = 0; c < COMMAND_COUNT && args_option(i, &name, &takes_value, &commands); i++)
        if (commands >> c & 1)
            printf(" %s", name);
    for (size_t i = 0; c >= COMMAND_COUNT && file_args_option(i, &name, &commands); i++)
        if (commands >> (c - COMMAND_COUNT) & 1)
            printf(" %s", name);
}

/* name) words options;; for each command, in the words of sh. */
static void print_cases(const char *reply)
{
    for (unsigned c = 0; c < COMMANDS; c++) {
        printf("        %s) %s\"", name_of(c), reply);
        print_words(c);
        puts("\" ;;");
    }
}

static void bash(void)
{
    puts("# bash completion of utcctl: eval \"$(utcctl completion bash)\"");
    fputs("_utcctl() {\n    local words\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"", stdout);
    print_commands();
    fputs("\"\n    else\n        case \"${COMP_WORDS[1]}\" in\n", stdout);
    print_cases("words=");
    puts("        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o default -F _utcctl utcctl");
}

static void zsh(void)
{
    puts("#compdef utcctl\n# zsh completion of utcctl: source <(utcctl completion zsh)");
    fputs("_utcctl() {\n    local words_of\n    if (( CURRENT == 2 )); then\n        words_of=\"", stdout);
    print_commands();
    fputs("\"\n    else\n        case \"${words[2]}\" in\n", stdout);
    print_cases("words_of=");
    fputs("        esac\n    fi\n    compadd -- ${(s: :)words_of}\n    (( CURRENT > 2 )) && case \"${words[2]}\" in\n", stdout);
    for (unsigned c = 0; c < COMMANDS; c++)
        if (takes_files(c))
            printf("        %s) _files ;;\n", name_of(c));
    puts("    esac\n}\ncompdef _utcctl utcctl");
}

static void fish(void)
{
    fputs("# fish completion of utcctl: utcctl completion fish | source\ncomplete -c utcctl -f -n __fish_use_subcommand -a \"", stdout);
    print_commands();
    puts("\"");
    for (unsigned c = 0; c < COMMANDS; c++) {
        printf("complete -c utcctl%s -n \"__fish_seen_subcommand_from %s\" -a \"", takes_files(c) ? "" : " -f", name_of(c));
        print_words(c);
        puts("\"");
    }
}

int command_completion(const struct args *a)
{
    static const struct { const char *shell; void (*print)(void); } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(a->word[0], shells[i].shell) == 0)
            shells[i].print();
    return CLI_OK;
}
