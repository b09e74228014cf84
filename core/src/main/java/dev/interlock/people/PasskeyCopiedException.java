package dev.interlock.people;

/**
 * Reports a signature whose counter the passkey has already passed. The passkey may exist twice, or somebody replays a
 * signature.
 */
public final class PasskeyCopiedException extends PasskeyRefusedException {

    private static final long serialVersionUID = 1L;

    private final String key;
    private final String person;

    PasskeyCopiedException(Passkey key) {
        super(
                "The passkey's counter went backwards: the passkey was used elsewhere or copied, or a signature was replayed. It does not count.");
        this.key = key.name();
        this.person = key.statement().person();
    }

    public String key() {
        return key;
    }

    public String person() {
        return person;
    }
}
