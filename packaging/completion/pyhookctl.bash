# bash completion for pyhookctl(8)
_pyhookctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} word command='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word != -* ]]; then
			command=$word
			break
		fi
	done

	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--help --json --version' -- "$cur")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'fields' -- "$cur")
	elif [[ $command == fields ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$1" fields 2>/dev/null | cut -d ' ' -f 1)" -- "$cur")
	fi
}
complete -F _pyhookctl pyhookctl
