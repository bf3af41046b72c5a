internal import Commands
internal import Glibc

exit(Program.main())
