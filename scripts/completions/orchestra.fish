# SPDX-License-Identifier: Apache-2.0
# Fish completion for orchestra.

set -l commands run preview check connectors runs rejects

function __orchestra_connectors
    orchestra connectors 2>/dev/null | string trim | string replace -r ' .*' ''
end

complete -c orchestra -f
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -l version -d 'print the version'
complete -c orchestra -l help -d 'show help'

complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a run -d 'run a pipeline'
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a preview -d 'show the first rows, before and after the steps'
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a check -d 'check script, options, columns and types'
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a connectors -d 'list the connectors, describe one, print a manifest'
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a runs -d 'list the runs that a ledger holds'
complete -c orchestra -n "not __fish_seen_subcommand_from $commands" -a rejects -d 'list, show or export rejected records'

complete -c orchestra -n '__fish_seen_subcommand_from run check' -k -a '(__fish_complete_suffix .lua)'
complete -c orchestra -n '__fish_seen_subcommand_from preview' -F
complete -c orchestra -n '__fish_seen_subcommand_from runs rejects' -k -a '(__fish_complete_suffix .lua .gpkg)'
complete -c orchestra -n '__fish_seen_subcommand_from connectors; and not __fish_seen_subcommand_from describe manifest' -a 'describe manifest'
complete -c orchestra -n '__fish_seen_subcommand_from describe' -a '(__orchestra_connectors)'
complete -c orchestra -n '__fish_seen_subcommand_from manifest' -k -a '(__fish_complete_suffix .so)'

complete -c orchestra -n '__fish_seen_subcommand_from run preview check runs rejects' -l territory -r -F -d 'what differs between municipalities'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check runs rejects' -l param -x -d 'a parameter of the script, NAME=VALUE'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check connectors runs rejects' -l json -d 'print the result as JSON'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check runs rejects' -l in-process -d 'run connectors in this process, not in workers'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check runs rejects' -l require-sandbox -d 'refuse where the kernel lacks a part of the sandbox'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check connectors runs rejects' -l config -r -F -d 'what connectors may do'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check connectors runs rejects' -l log-format -x -a 'text json' -d 'form of the log'
complete -c orchestra -n '__fish_seen_subcommand_from run preview check connectors runs rejects' -l log-level -x -a 'debug info warn error' -d 'least level of the log'

complete -c orchestra -n '__fish_seen_subcommand_from run' -l dry-run -d 'do everything but the commit'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l limit -x -d 'read at most so many records'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l force -d 'run although nothing has changed'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l from-start -d 'run anyway, and read everything from a source that resumes'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l max-rejects -x -d 'stop beyond this number or share'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l allow-empty -d 'an input without records is no error'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l wait -x -d 'wait for another run of the pipeline'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l retry -x -d 'try again for so long after failures that may pass'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l summary -d 'print the summary also when the output is no terminal'
complete -c orchestra -n '__fish_seen_subcommand_from run' -l quiet -d 'print no summary and no progress'

complete -c orchestra -n '__fish_seen_subcommand_from preview' -l source -x -a '(__orchestra_connectors)' -d 'read with this connector'
complete -c orchestra -n '__fish_seen_subcommand_from preview runs rejects' -l rows -x -d 'how many rows to show'
complete -c orchestra -n '__fish_seen_subcommand_from preview runs rejects' -l set -x -d 'an option of that connector, NAME=VALUE'

complete -c orchestra -n '__fish_seen_subcommand_from runs rejects' -l csv -d 'print as CSV'
complete -c orchestra -n '__fish_seen_subcommand_from runs rejects' -l destination -x -a '(__orchestra_connectors)' -d 'look into this destination'
complete -c orchestra -n '__fish_seen_subcommand_from runs rejects' -l pipeline -x -d 'of this pipeline only'
complete -c orchestra -n '__fish_seen_subcommand_from rejects' -l run -x -d 'of this run'
