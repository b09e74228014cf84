package dev.interlock.backup.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
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
 * A digest of a database's schema as {@code pg_dump} describes it. It is read in the background.
 *
 * <p>Threading: one thread opens, queries and closes it, and {@code pg_dump} ends with that thread; another thread
 * reads.
 */
final class SchemaText implements AutoCloseable {

    /** Lines that differ between two dumps of the same schema. */
    private static final List<String> PASSING = List.of(
            "-- Dumped from database version ", "-- Dumped by pg_dump version ", "\\restrict ", "\\unrestrict ");

    private final ChildProcesses.ChildProcess pgDump;
    private final OutputStream words;
    private final FutureTask<String> digest = new FutureTask<>(this::read);

    private SchemaText(ChildProcesses.ChildProcess pgDump, OutputStream words) {
        this.pgDump = pgDump;
        this.words = words;
        Thread.ofPlatform().daemon().name("the schema").start(digest);
    }

    /**
     * Begins to read.
     *
     * @param pgDump the program with its arguments, including those that select the database
     * @param words receives a copy of the digested text
     */
    static SchemaText begin(
            ChildProcesses children, List<String> pgDump, Map<String, String> environment, OutputStream words)
            throws BackupException {
        List<String> command = new ArrayList<>(pgDump);
        command.addAll(List.of("--schema-only", "--no-tablespaces"));
        return new SchemaText(children.start(command, environment), words);
    }

    private String read() throws IOException {
        MessageDigest sum = Bytes.newSha256();
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
     * Waits for the end and returns the digest.
     *
     * @throws BackupException if the schema could not be described
     */
    String digest() throws BackupException {
        try {
            return digest.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InconclusiveException("interrupted", e);
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
