# bash completion for pyhookctl(8)
_pyhookctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=$3 word command='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--as|--judgement-dir|--root|--rules-dir|--state-dir) i=$((i + 1)) ;;
		-*) ;;
		*) command=$word; break ;;
		esac
	done

	case $prev in
	--judgement-dir|--root|--rules-dir|--state-dir)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	--as)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	esac
	if [[ $cur == -* ]]; then
		local options='--help --json --version'
		case $command in
		inspect) options+=' --as --judgement-dir --rules-dir' ;;
		scan) options+=' --all --judgement-dir --root --rules-dir' ;;
		baseline) options+=' --state-dir' ;;
		'') options+=' --all --as --judgement-dir --root --rules-dir --state-dir' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
	fi
	case $command in
	'')
		mapfile -t COMPREPLY < <(compgen -W 'baseline fields inspect scan' -- "$cur") ;;
	fields)
		mapfile -t COMPREPLY < <(compgen -W "$("$1" fields 2>/dev/null | cut -d ' ' -f 1)" -- "$cur") ;;
	baseline)
		if [[ $prev == baseline ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'accept show' -- "$cur")
			return
		fi ;;&
	inspect|scan|baseline)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}
complete -F _pyhookctl pyhookctl
