"""The scripts that have a shell ask ``manage.py`` what may stand next on the line.

All three do the same: find the word that runs Django, hand the words behind a command of ours to
it, and leave Django's other commands to Django's own completion.
"""

from __future__ import annotations

_BASH = r"""# Completion of Django's commands in bash.
# eval "$(python manage.py aws_s3 --completion bash)"

_philo_aws_words() {
    # bash takes a word apart at each : and =, so that s3://bucket would be three.
    local line=${COMP_LINE:0:COMP_POINT} rest i
    _philo_aws_line=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%[![:space:]]*}"}
        local word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$rest
        if ((i > 0)) && [[ $rest == "$line" ]]; then
            _philo_aws_line[${#_philo_aws_line[@]}-1]+=$word
        else
            _philo_aws_line+=("${word/#\~\//$HOME/}")
        fi
        line=${rest#"$word"}
    done
}

_philo_aws_complete() {
    local _philo_aws_line i=0 line file command count cur part
    _philo_aws_words
    count=${#_philo_aws_line[@]}
    cur=${_philo_aws_line[count-1]}
    COMPREPLY=()
    while ((i < count)) && [[ ! ${_philo_aws_line[i]##*/} =~ ^(manage\.py|django-admin)$ ]]; do
        ((i++))
    done
    if ((i >= count - 1)); then
        [[ -n $_philo_aws_python ]] && "$_philo_aws_python" "$@"
        return
    fi
    local run=("${_philo_aws_line[@]:0:i+1}") words=("${_philo_aws_line[@]:i+1}")
    command=${words[0]}
    if ((${#words[@]} < 2)) || [[ ! $command =~ ^aws_(s3|sqs)$ ]]; then
        COMPREPLY=($(COMP_WORDS="${run[i]} ${words[*]}" COMP_CWORD=${#words[@]} \
            DJANGO_AUTO_COMPLETE=1 "${run[@]}" 2>/dev/null))
        return
    fi
    while IFS= read -r line; do
        if [[ $line == $'\t' ]]; then
            while IFS= read -r file; do
                [[ -d ${file/#\~\//$HOME/} ]] && file+=/
                [[ -n $file ]] && COMPREPLY+=("$(printf %q "$file")")
            done <<<"$(compgen -f -- "$cur")"
        elif [[ -n $line ]]; then
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done <<<"$("${run[@]}" "$command" --complete-words "${words[@]:1}" 2>/dev/null)"
    part=
    for line in : =; do
        [[ $COMP_WORDBREAKS == *"$line"* && $cur == *"$line"* ]] && part=${cur%"${cur##*[:=]}"}
    done
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$part"}
    done
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
    return 0
}

# What completes the arguments of other scripts goes on doing so.
if [[ $(complete -p python 2>/dev/null) =~ -F\ ([^ ]+) ]]; then
    [[ ${BASH_REMATCH[1]} != _philo_aws_* ]] && _philo_aws_python=${BASH_REMATCH[1]}
fi
complete -o bashdefault -o default -F _philo_aws_complete \
    manage.py django-admin python python3 python3.{11..16}
"""

_ZSH = r"""# Completion of Django's commands in zsh.
# eval "$(python manage.py aws_s3 --completion zsh)"

_philo_aws() {
    local -a run rest matches shown
    local -i i=1 files=0
    local line command
    while (( i < CURRENT )) && [[ ${words[i]:t} != (manage.py|django-admin) ]]; do
        (( i++ ))
    done
    if (( i >= CURRENT )); then
        ${_philo_aws_python:-_default} "$@"
        return
    fi
    run=(${(Q)words[1,i]/#\~\//$HOME/})
    command=${words[i+1]}
    if (( CURRENT == i + 1 )) || [[ $command != aws_(s3|sqs) ]]; then
        matches=(${(ps: :)$(COMP_WORDS="${words[i,CURRENT]}" COMP_CWORD=$(( CURRENT - i )) \
            DJANGO_AUTO_COMPLETE=1 $run 2>/dev/null)//$'\n'/ })
        compadd -a matches || _default
        return
    fi
    rest=(${(Q)words[i+2,CURRENT-1]})
    for line in "${(@f)$($run $command --complete-words $rest "$PREFIX" 2>/dev/null)}"; do
        if [[ $line == $'\t' ]]; then
            files=1
        elif [[ -n $line ]]; then
            matches+=("${line%%$'\t'*}")
            shown+=("${line/$'\t'/  -- }")
        fi
    done
    if [[ ${#matches} == 1 && ${matches[1]} == */ ]]; then
        compadd -S '' -d shown -a matches
    else
        compadd -l -d shown -a matches
    fi
    (( files )) && _files
    return 0
}

(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
# What completes the arguments of other scripts goes on doing so.
[[ ${_comps[python]:-_philo_aws} != _philo_aws ]] && _philo_aws_python=${_comps[python]}
compdef _philo_aws manage.py django-admin python python3 python3.{11..16}
"""

_FISH = r"""# Completion of Django's commands in fish.
# python manage.py aws_s3 --completion fish | source

function __philo_aws_line --argument-names pattern
    string match -qr "(^|[/ ])(manage\\.py|django-admin)$pattern( |\$)" -- \
        (commandline -opc | string join ' ')
end

function __philo_aws_ours --description 'Say whether the line is a command of philo_aws'
    __philo_aws_line ' aws_(s3|sqs)'
end

function __philo_aws_djangos --description 'Say whether it is another command of Django'
    not __philo_aws_ours; and __philo_aws_line ''
end

function __philo_aws_run --description 'Set run and rest: what runs Django, and what is behind it'
    set -g __philo_aws_run
    set -g __philo_aws_rest (commandline -opc)
    while set -q __philo_aws_rest[1]
        set -a __philo_aws_run $__philo_aws_rest[1]
        set -e __philo_aws_rest[1]
        string match -qr '(^|/)(manage\.py|django-admin)$' -- $__philo_aws_run[-1]; and break
    end
end

function __philo_aws_complete
    __philo_aws_run
    set -l name $__philo_aws_rest[1]
    set -e __philo_aws_rest[1]
    set -l current (commandline -ct)
    set -a __philo_aws_run $name --complete-words $__philo_aws_rest
    for line in (command $__philo_aws_run "$current" 2>/dev/null)
        if test "$line" = \t
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end

function __philo_aws_django
    __philo_aws_run
    set -l words $__philo_aws_run[-1] $__philo_aws_rest (commandline -ct)
    env COMP_WORDS=(string join ' ' -- $words) COMP_CWORD=(math (count $words) - 1) \
        DJANGO_AUTO_COMPLETE=1 $__philo_aws_run 2>/dev/null | string split -n ' '
end

for name in manage.py django-admin python python3 python3.{11,12,13,14,15,16}
    complete -c $name -n __philo_aws_ours -f -a '(__philo_aws_complete)'
    complete -c $name -n __philo_aws_djangos -a '(__philo_aws_django)'
end
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""
