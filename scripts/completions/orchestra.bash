# SPDX-License-Identifier: Apache-2.0
# Bash completion for orchestra; needs no helper library. To try it: source orchestra.bash

_orchestra_options() {
    case $1 in
    run)
        echo --help --territory --param --dry-run --limit --force --from-start --max-rejects --allow-empty \
            --wait --retry --summary --quiet --json --in-process --require-sandbox --config \
            --log-format --log-level
        ;;
    preview)
        echo --help --territory --param --json --rows --source --set --in-process \
            --require-sandbox --config --log-format --log-level
        ;;
    check)
        echo --help --territory --param --json --in-process --require-sandbox --config \
            --log-format --log-level
        ;;
    connectors) echo --help --json --config --log-format --log-level ;;
    runs)
        echo --help --territory --param --json --csv --rows --destination --set --pipeline \
            --in-process --require-sandbox --config --log-format --log-level
        ;;
    rejects)
        echo --help --territory --param --json --csv --rows --destination --set --run \
            --pipeline --in-process --require-sandbox --config --log-format --log-level
        ;;
    esac
}

# Names of the connectors that are installed.
_orchestra_connectors() {
    "${COMP_WORDS[0]}" connectors 2>/dev/null | while read -r name _; do echo "$name"; done
}

# Files whose name ends as $2 says, and folders; IFS keeps names with blanks whole.
_orchestra_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -d -- "$1") $(compgen -f -X "!*.@($2)" -- "$1"))
}

_orchestra_words() {
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_orchestra() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} extglob
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _orchestra_words "run preview check connectors runs rejects --help --version" "$word"
        return
    fi
    extglob=$(shopt -p extglob)
    shopt -s extglob
    case $before in
    --territory) _orchestra_files "$word" lua ;;
    --config) _orchestra_files "$word" conf ;;
    --source | --destination | describe) _orchestra_words "$(_orchestra_connectors)" "$word" ;;
    manifest) _orchestra_files "$word" so ;;
    --log-format) _orchestra_words "text json" "$word" ;;
    --log-level) _orchestra_words "debug info warn error" "$word" ;;
    --param | --set | --limit | --max-rejects | --wait | --retry | --rows | --run | --pipeline) ;;
    *)
        case $word in
        -*) _orchestra_words "$(_orchestra_options "$command")" "$word" ;;
        *)
            case $command in
            run | check) _orchestra_files "$word" lua ;;
            preview) _orchestra_files "$word" 'lua|csv|tsv|txt|xml|gpkg' ;;
            runs | rejects) _orchestra_files "$word" 'lua|gpkg' ;;
            connectors) _orchestra_words "describe manifest" "$word" ;;
            esac
            ;;
        esac
        ;;
    esac
    $extglob
}

complete -F _orchestra orchestra
