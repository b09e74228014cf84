package dev.interlock.connect;

/** A file has unexpected content, and is left alone. The message is a whole sentence. */
public final class UnsupportedSettingsException extends Exception {

    private static final long serialVersionUID = 1L;

    UnsupportedSettingsException(String message) {
        super(message);
    }
}
