package dev.interlock.connect;

import java.util.List;

/**
 * A setting that leads the agent past the gateway where it stands, and that is left to whoever wrote it.
 *
 * @param why it does, in words
 */
record Rival(String why, List<String> path) {

    Rival {
        path = List.copyOf(path);
    }

    Rival(String why, String... path) {
        this(why, List.of(path));
    }
}
