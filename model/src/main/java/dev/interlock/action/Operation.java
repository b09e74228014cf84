package dev.interlock.action;

/** A provider's operation by its own name, as {@code railway/volumeDelete}. */
public record Operation(String provider, String name) {

    /** Reads {@code provider/name}; throws {@link IllegalArgumentException} if it is not of that form. */
    public static Operation parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            throw new IllegalArgumentException("an operation is written `provider/name`");
        }
        return new Operation(text.substring(0, slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return provider + "/" + name;
    }
}
