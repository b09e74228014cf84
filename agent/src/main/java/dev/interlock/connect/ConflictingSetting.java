package dev.interlock.connect;

import java.util.List;

/**
 * A setting that leads the agent past the gateway. It is reported, and left to its author.
 *
 * @param why the reason, in words
 */
record ConflictingSetting(String why, List<String> path) {

    ConflictingSetting {
        path = List.copyOf(path);
    }

    ConflictingSetting(String why, String... path) {
        this(why, List.of(path));
    }
}
