package dev.interlock.backup.postgres;

import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Digests;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A database's schema as {@code pg_dump} describes it, as one digest. */
final class SchemaText {

    /** What differs between two dumps of one schema. */
    private static final List<String> PASSING = List.of(
            "-- Dumped from database version ", "-- Dumped by pg_dump version ", "\\restrict ", "\\unrestrict ");

    private SchemaText() {}

    /** @param pgDump the program with its arguments, such as those that say of what */
    static String digest(Children children, List<String> pgDump, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(pgDump);
        command.addAll(List.of("--schema-only", "--no-tablespaces"));
        MessageDigest digest = Digests.sha256();
        try (Children.Child child = children.start(command, environment)) {
            child.process().getOutputStream().close();
            try (BufferedReader lines = new BufferedReader(
                    new InputStreamReader(child.process().getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String read = line;
                    if (PASSING.stream().noneMatch(read::startsWith)) {
                        digest.update((read + "\n").getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
            child.requireSuccess();
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
