# bash completion for pyhookd(8)
_pyhookd()
{
	local cur=${COMP_WORDS[COMP_CWORD]}

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-c | --config)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	--output)
		mapfile -t COMPREPLY < <(compgen -W 'journal text json' -- "$cur")
		;;
	--state-dir | --rules-dir | --judgement-dir | --watch)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--check --config --help --judgement-dir --output --rules-dir --state-dir
			--version --watch' -- "$cur")
		;;
	esac
}
complete -F _pyhookd pyhookd
