package dev.interlock.admin;

import java.io.IOException;
import java.nio.file.Path;

/** Opens and closes the listener that belongs to one agent alone. */
public interface Listeners {

    /** Opens the listener of {@code place} and returns its socket. */
    Path open(String place) throws IOException;

    /** Closes it, and cuts what is in flight there. Nothing happens if it is closed already. */
    void close(String place);
}
