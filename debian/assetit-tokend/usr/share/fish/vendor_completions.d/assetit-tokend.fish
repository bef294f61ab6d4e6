function __assetit-tokend_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __assetit-tokend_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __assetit-tokend_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __assetit-tokend_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __assetit-tokend_parse_tokens -S
    set -l unparsed_tokens (__assetit-tokend_tokens -pc)
    switch $unparsed_tokens[1]
    case 'assetit-tokend'
        __assetit-tokend_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'run'
            __assetit-tokend_parse_subcommand 0 'c/config=' 'version' 'h/help'
        case 'check'
            __assetit-tokend_parse_subcommand 0 'c/config=' 'no-secrets' 'version' 'h/help'
        case 'fetch'
            __assetit-tokend_parse_subcommand 1 'c/config=' 'explain' 'json' 'version' 'h/help'
        case 'setup'
            __assetit-tokend_parse_subcommand 1 'c/config=' 'base-url=' 'region=' 'client-id=' 'secret-file=' 'api=+' 'replace-secret' 'no-start' 'dry-run' 'timeout=' 'version' 'h/help'
        case 'rotate'
            __assetit-tokend_parse_subcommand 1 'c/config=' 'client-id=' 'secret-file=' 'dry-run' 'timeout=' 'version' 'h/help'
        case 'clean-up'
            __assetit-tokend_parse_subcommand 0 'version' 'h/help'
        case 'help'
            __assetit-tokend_parse_subcommand -r 1 'version'
        end
    end
end

function __assetit-tokend_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __assetit-tokend_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __assetit-tokend_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __assetit-tokend_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__assetit-tokend_tokens -p)
    if test -z "$(__assetit-tokend_tokens -t)"
        set -l index (count (__assetit-tokend_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'assetit-tokend' -f
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'run' -d 'Runs the daemon in the foreground (the default).'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'check' -d 'Validates the configuration and explains what it means.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'fetch' -d 'Authenticates once and prints the header, without the daemon.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'setup' -d 'Tries a client ID and secret, writes the configuration, and starts the service.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'rotate' -d 'Replaces a profile\'s secret, once AssetIT has taken the new one.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'clean-up' -d 'Removes the header files of a daemon that was killed; the unit runs it.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_positional "assetit-tokend" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend run" c config' -l 'config' -s 'c' -d 'The configuration file (TOML).' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend run" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend run" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend check" c config' -l 'config' -s 'c' -d 'The configuration file (TOML).' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend check" no-secrets' -l 'no-secrets' -d 'Leave the files with client IDs and secrets alone; this user may not be able to read them.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend check" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend check" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend fetch" c config' -l 'config' -s 'c' -d 'The configuration file (TOML).' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend fetch" explain' -l 'explain' -d 'Tell what was sent, how it went, what came back, what the daemon would make of it, and which configuration would help. It shows no part of a token or of the secret.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend fetch" json' -l 'json' -d 'With --explain: print JSON.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend fetch" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend fetch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" c config' -l 'config' -s 'c' -d 'The configuration file (TOML).' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" base-url' -l 'base-url' -d 'Where AssetIT\'s API is.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" region' -l 'region' -d 'Or a name from [regions].' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" client-id' -l 'client-id' -d 'The client ID.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" secret-file' -l 'secret-file' -d 'A file with the secret; - for standard input.' -rF
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup"' -l 'api' -d 'A setting of [profiles.NAME.api], such as token_pointer=/data/jwt; may be repeated.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" replace-secret' -l 'replace-secret' -d 'Replace another secret that lies there already, without asking.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" no-start' -l 'no-start' -d 'Leave the service alone.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" dry-run' -l 'dry-run' -d 'Try the credentials, and say what would be written.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" timeout' -l 'timeout' -d 'How long the service may take until there is a token.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend setup" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" c config' -l 'config' -s 'c' -d 'The configuration file (TOML).' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" client-id' -l 'client-id' -d 'A new client ID, too.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" secret-file' -l 'secret-file' -d 'A file with the new secret; - for standard input.' -rF
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" dry-run' -l 'dry-run' -d 'Try the credentials, and say what would be done.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" timeout' -l 'timeout' -d 'How long the daemon may take until it has a new token.' -rfka ''
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend rotate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend clean-up" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend clean-up" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-tokend' -n '__assetit-tokend_should_offer_completions_for_flags_or_options "assetit-tokend help" version' -l 'version' -d 'Show the version.'
