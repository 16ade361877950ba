#!/bin/sh
# Installs the companion program (互认通程序) for whoever runs this, without an administrator. It asks nothing and, where all goes well, prints
# nothing with --quiet. What every option and exit code means: docs/admin/install.md
#
#   install.sh [--folder DIR] [--quiet] [--uninstall] [-- what certbridge-host install, or uninstall, takes]
#
# 0 done · 1 the program's own install failed · 2 called in a way that is not understood · 3 not for this computer · 4 the folder cannot be written

set -u
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 4
# As the program has it: empty or relative is unset.
case ${XDG_DATA_HOME:-} in /*) data=$XDG_DATA_HOME ;; *) data=${HOME:?}/.local/share ;; esac
folder=$data/certbridge-program
quiet=no
remove=no

# Why, for a person, Chinese first; then the exit code.
fail() {
  printf '%s\n%s\n' "$2" "$3" >&2
  exit "$1"
}

while [ $# -gt 0 ]; do
  case $1 in
    --folder)
      [ $# -ge 2 ] || fail 2 '--folder 后面缺少文件夹。' '--folder needs a folder.'
      folder=$2
      shift 2
      ;;
    --quiet) quiet=yes; shift ;;
    --uninstall) remove=yes; shift ;;
    --) shift; break ;;
    *) fail 2 "无法识别：$1" "Not understood: $1" ;;
  esac
done

while case $folder in */) true ;; *) false ;; esac; do folder=${folder%/}; done
case $folder in
  /*) ;;
  *) fail 2 '--folder 须为绝对路径。' '--folder has to be an absolute path.' ;;
esac

# Whatever else lies in a folder that somebody named is not ours to remove.
is_ours() { [ -f "$1/certbridge-host.mjs" ] && [ -x "$1/node" ]; }

# Certificates of a person, at any depth: who put program and data into one folder keeps both. A folder that cannot be looked through is held to have some.
refuse_data() {
  data=$(find "$1/" -name node_modules -prune -o \( -name keys -o -name identity.json \) -print) && [ -z "$data" ] && return
  fail 4 "文件夹里有证书等数据，不能替换或删除：$1" "The folder holds certificates or other data, and is neither replaced nor removed: $1"
}

if [ $remove = yes ]; then
  is_ours "$folder" || fail 2 "这里没有安装：$folder" "Nothing is installed here: $folder"
  refuse_data "$folder"
  said=$("$folder/certbridge-host" uninstall "$@") || fail 1 "${said:+$said
}卸载失败。" 'Uninstalling failed.'
  [ $quiet = yes ] || printf '%s\n' "$said"
  rm -rf -- "$folder" || fail 4 "无法删除：$folder" "Cannot be removed: $folder"
  exit 0
fi

# No variable of the caller's steers Node.
/usr/bin/env -i "$here/node" --version >/dev/null 2>&1 || fail 3 '这个安装包不适用于本机的系统或处理器。' 'This archive is not for this system or processor.'

if [ -e "$folder" ]; then
  is_ours "$folder" || fail 4 "文件夹里已有其他内容：$folder" "The folder holds something else: $folder"
  refuse_data "$folder"
fi

# Beside it first, and then in its place: a program that runs keeps its files, and a full disk leaves the old one as it is. Both lie meanwhile in a folder that
# was made for it, and nothing else is removed.
above=$(dirname -- "$folder")
mkdir -p -m 700 -- "$above" && work=$(mktemp -d "$above/.certbridge.XXXXXX") || fail 4 "无法写入：$folder" "Cannot be written: $folder"
trap 'rm -rf -- "$work"; exit 4' HUP INT TERM
cp -R -- "$here" "$work/new" || {
  rm -rf -- "$work"
  fail 4 "无法写入：$folder" "Cannot be written: $folder"
}
# From here on an interruption would leave neither.
trap '' HUP INT TERM
if [ -e "$folder" ]; then
  mv -- "$folder" "$work/old" || {
    rm -rf -- "$work/new" && rmdir -- "$work"
    fail 4 "无法替换：$folder" "Cannot be replaced: $folder"
  }
fi
mv -- "$work/new" "$folder" || {
  if [ -e "$work/old" ]; then
    mv -- "$work/old" "$folder" || fail 4 "无法写入：$folder；原来的程序在 $work/old" "Cannot be written: $folder; the older program lies in $work/old"
  fi
  rm -rf -- "$work"
  fail 4 "无法写入：$folder" "Cannot be written: $folder"
}
rm -rf -- "$work" || printf '%s\n%s\n' "旧程序未能删除：$work" "What is left of the older program could not be removed: $work" >&2
trap - HUP INT TERM

said=$("$folder/certbridge-host" install "$@") || fail 1 "${said:+$said
}登记到浏览器失败。" 'Making it known to the browsers failed.'
[ $quiet = yes ] || printf '%s\n' "$said"
