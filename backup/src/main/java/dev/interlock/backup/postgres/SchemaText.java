package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Digests;
import dev.interlock.backup.run.DisturbedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A database's schema as {@code pg_dump} describes it, as one digest. It is read while other things are done.
 *
 * <p>Threading: begun, asked and closed by one thread, whose end is {@code pg_dump}'s; one more reads.
 */
final class SchemaText implements AutoCloseable {

    /** What differs between two dumps of one schema. */
    private static final List<String> PASSING = List.of(
            "-- Dumped from database version ", "-- Dumped by pg_dump version ", "\\restrict ", "\\unrestrict ");

    private final Children.Child pgDump;
    private final OutputStream words;
    private final FutureTask<String> digest = new FutureTask<>(this::read);

    private SchemaText(Children.Child pgDump, OutputStream words) {
        this.pgDump = pgDump;
        this.words = words;
        Thread.ofPlatform().daemon().name("the schema").start(digest);
    }

    /**
     * Begins to read.
     *
     * @param pgDump the program with its arguments, such as those that say of what
     * @param words where what is digested is written to as well
     */
    static SchemaText begin(Children children, List<String> pgDump, Map<String, String> environment, OutputStream words)
            throws BackupException {
        List<String> command = new ArrayList<>(pgDump);
        command.addAll(List.of("--schema-only", "--no-tablespaces"));
        return new SchemaText(children.start(command, environment), words);
    }

    private String read() throws IOException {
        MessageDigest sum = Digests.sha256();
        pgDump.process().getOutputStream().close();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(pgDump.process().getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String read = line;
                if (PASSING.stream().noneMatch(read::startsWith)) {
                    byte[] told = (read + "\n").getBytes(StandardCharsets.UTF_8);
                    sum.update(told);
                    words.write(told);
                }
            }
        }
        pgDump.requireSuccess();
        return HexFormat.of().formatHex(sum.digest());
    }

    /**
     * Waits for all of it.
     *
     * @throws BackupException if it could not be described
     */
    String digest() throws BackupException {
        try {
            return digest.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DisturbedException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BackupException why
                    ? why
                    : new BackupException("the schema could not be described: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        pgDump.close();
    }
}
