package dev.interlock.admin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;

/** Opens and closes the listener that belongs to one agent alone. */
public interface Listeners {

    /** Opens the listener of {@code place} and returns its socket. */
    Path open(String place) throws IOException;

    /** Closes it, and cuts what is in flight there. Nothing happens if it is closed already. */
    void close(String place);

    /** Closes every place that is not among {@code used}, which is asked for after it is known what is open. */
    void closeUnused(Supplier<Set<String>> used);
}
