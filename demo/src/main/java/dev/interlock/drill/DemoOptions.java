package dev.interlock.drill;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The options of the demo.
 *
 * @param story one of an agent with a database; empty for the nine-second deletion
 * @param policy a directory whose files replace those of the built-in policy by name
 * @param serve whether to leave gateway and provider running afterwards, until this process is ended
 * @param tell the administrative socket of a gateway that is to store the report, if there is one
 */
public record DemoOptions(
        Optional<String> story,
        Optional<Path> policy,
        boolean json,
        boolean serve,
        boolean keep,
        Optional<Path> tell,
        boolean colour) {}
