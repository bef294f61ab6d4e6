function __assetit-token_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __assetit-token_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __assetit-token_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __assetit-token_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __assetit-token_parse_tokens -S
    set -l unparsed_tokens (__assetit-token_tokens -pc)
    switch $unparsed_tokens[1]
    case 'assetit-token'
        __assetit-token_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'header'
            __assetit-token_parse_subcommand 1 'min-valid=' 'format=' 'socket=' 'timeout=' 'version' 'h/help'
        case 'status'
            __assetit-token_parse_subcommand 0 'json' 'w/watch' 'socket=' 'timeout=' 'version' 'h/help'
        case 'refresh'
            __assetit-token_parse_subcommand 1 'json' 'socket=' 'timeout=' 'version' 'h/help'
        case 'watch'
            __assetit-token_parse_subcommand 1 'with-header' 'socket=' 'timeout=' 'version' 'h/help'
        case 'exec'
            __assetit-token_parse_subcommand -r 2 'on-refresh=' 'min-valid=' 'socket=' 'timeout=' 'version' 'h/help'
        case 'curl'
            __assetit-token_parse_subcommand -r 2 'min-valid=' 'socket=' 'timeout=' 'version' 'h/help'
        case 'doctor'
            __assetit-token_parse_subcommand 0 'c/config=' 'socket=' 'timeout=' 'version' 'h/help'
        case 'help'
            __assetit-token_parse_subcommand -r 1 'version'
        end
    end
end

function __assetit-token_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __assetit-token_parse_subcommand -S -a positional_count
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

function __assetit-token_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __assetit-token_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__assetit-token_tokens -p)
    if test -z "$(__assetit-token_tokens -t)"
        set -l index (count (__assetit-token_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'assetit-token' -f
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'header' -d 'Prints the header.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'status' -d 'Shows how the profiles are doing, without their tokens.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'refresh' -d 'Has the daemon fetch a new token now, and says how that went.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'watch' -d 'Prints a line of JSON for the state now and for each change.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'exec' -d 'Runs a command with the header in its environment, as ASSETIT_AUTHORIZATION.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'curl' -d 'Runs curl with the header, which appears in no command line and no file.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'doctor' -d 'Looks for what is wrong: configuration, permissions, network, clock, unit, daemon.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token header" -eq 1' -fka '(assetit-token status --names 2>/dev/null)'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" min-valid' -l 'min-valid' -d 'How long it must be good for, at least.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" format' -l 'format' -d 'What it is printed as, as in the daemon\'s files.' -rfka 'header token curl env json'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token header" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" json' -l 'json' -d 'Print JSON, with --watch a line for each change.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" w watch' -l 'watch' -s 'w' -d 'Go on showing it until interrupted.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token refresh" -eq 1' -fka '(assetit-token status --names 2>/dev/null)'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token refresh" json' -l 'json' -d 'Print the profile\'s state as a line of JSON.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token refresh" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token refresh" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token refresh" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token refresh" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token watch" -eq 1' -fka '(assetit-token status --names 2>/dev/null)'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token watch" with-header' -l 'with-header' -d 'Print headers too. Whoever can read the output can then use them.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token watch" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token watch" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token watch" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token watch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token exec" -eq 1' -fka '(assetit-token status --names 2>/dev/null)'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" on-refresh' -l 'on-refresh' -d 'What a new header means to the command: restart, or signal=HUP.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" min-valid' -l 'min-valid' -d 'How long the header must be good for, at least.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token exec" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_positional "assetit-token curl" -eq 1' -fka '(assetit-token status --names 2>/dev/null)'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token curl" min-valid' -l 'min-valid' -d 'How long the header must be good for, at least.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token curl" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token curl" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token curl" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token curl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token doctor" c config' -l 'config' -s 'c' -d 'The daemon\'s configuration file.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token doctor" socket' -l 'socket' -d 'The daemon\'s HTTP socket.' -rF
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token doctor" timeout' -l 'timeout' -d 'How long to wait for an answer.' -rfka ''
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token doctor" version' -l 'version' -d 'Show the version.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'assetit-token' -n '__assetit-token_should_offer_completions_for_flags_or_options "assetit-token help" version' -l 'version' -d 'Show the version.'
