package dev.interlock.people;

/** A signature with a counter that the passkey has passed before: it may exist twice, or somebody replays. */
public final class PasskeyCopiedException extends PasskeyRefusedException {

    private static final long serialVersionUID = 1L;

    private final String key;
    private final String person;

    PasskeyCopiedException(Passkey key) {
        super("The passkey's counter went back: it was used elsewhere, may have been copied, or somebody sends a"
                + " signature again. It does not count.");
        this.key = key.name();
        this.person = key.statement().person();
    }

    /** The passkey's name. */
    public String key() {
        return key;
    }

    /** Whose it is. */
    public String person() {
        return person;
    }
}
