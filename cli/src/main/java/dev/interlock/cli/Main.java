package dev.interlock.cli;

/** The entry point of the program. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.setOut(StandInStream.of(System.out)); // some commands print to it themselves
        System.setErr(StandInStream.of(System.err));
        System.exit(InterlockCommand.run(System.out, System.err, args));
    }
}
