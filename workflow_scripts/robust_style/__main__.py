"""`python -m robust_style`: the same as the console script `robust-style`."""

from robust_style.commands.start import main

if __name__ == "__main__":
    main()
