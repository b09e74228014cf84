package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A connection, by way of {@code psql}. For one thread only. */
final class SqlSession implements AutoCloseable {

    /** With these two servers write the same values in the same form, whatever a database or role sets. */
    private static final String SAME_WORDS = """
            SET client_encoding = 'UTF8';
            SET search_path = '';
            SET DateStyle = 'ISO, YMD';
            SET IntervalStyle = 'postgres';
            SET TimeZone = 'UTC';
            SET extra_float_digits = 3;
            SET bytea_output = 'hex';
            SET lc_monetary = 'C';
            SET xmlbinary = 'base64';
            SET row_security = off;
            SET quote_all_identifiers = off;
            SET statement_timeout = 0;
            SET idle_in_transaction_session_timeout = 0;
            """;

    /** Maximum size of an answer. The owner of a database's functions controls its answers, and memory is limited. */
    private static final int MAX_ANSWER = 64 << 20;

    private static final int OVERHEAD = 32;

    private static final String RESTRICT = "\\restrict ";

    private final ChildProcesses.ChildProcess psql;
    private final OutputStream in;
    private final InputStream out;
    private final String end = "end of " + UUID.randomUUID();

    private SqlSession(ChildProcesses.ChildProcess psql) {
        this.psql = psql;
        this.in = psql.process().getOutputStream();
        this.out = new java.io.BufferedInputStream(psql.process().getInputStream());
    }

    /**
     * Connects. A hostile server may answer anything, and answers such as table names become parts of later queries. So
     * {@code psql}, given with its arguments, is restricted, if it supports that, to take none for a command.
     */
    static SqlSession open(ChildProcesses children, Path programs, List<String> psql, Map<String, String> environment)
            throws IOException {
        List<String> help = List.of(programs.resolve("psql").toString(), "--help=commands");
        boolean restricted = children.output(help, PostgresConnection.plain()).contains(RESTRICT);
        List<String> command = new ArrayList<>(psql);
        // A NUL separates values, because names may contain any other character.
        command.addAll(List.of(
                "--no-psqlrc",
                "--no-password",
                "--quiet",
                "--no-align",
                "--tuples-only",
                "--record-separator-zero",
                "--field-separator-zero",
                "--set=ON_ERROR_STOP=1"));
        SqlSession session = new SqlSession(children.start(command, environment));
        try {
            if (restricted) {
                session.restrict();
            }
            session.run(SAME_WORDS);
            return session;
        } catch (IOException e) {
            session.close();
            throw e;
        }
    }

    /**
     * Restricts {@code psql} to SQL, without its own commands that run programs or connect elsewhere, before anything
     * else. Recent versions of {@code pg_dump} begin their output in the same way.
     */
    private void restrict() throws BackupException {
        byte[] key = new byte[16];
        new SecureRandom().nextBytes(key);
        try {
            in.write((RESTRICT + HexFormat.of().formatHex(key) + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw psql.failure(e);
        }
    }

    void run(String sql) throws IOException {
        List<String> answer = query(sql);
        if (!answer.isEmpty()) {
            throw new IllegalStateException("a statement returned an unexpected result");
        }
    }

    String value(String sql) throws IOException {
        List<String> answer = query(sql);
        if (answer.size() != 1) {
            throw new BackupException("the database answered " + answer.size() + " values where one was asked for");
        }
        return answer.getFirst();
    }

    /** Returns every value that {@code sql} selects, row after row. */
    List<String> query(String sql) throws IOException {
        try {
            in.write((sql + ";\nSELECT '" + end + "';\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
            List<String> values = new ArrayList<>();
            int room = MAX_ANSWER;
            for (String value = next(room); !value.equals(end); value = next(room)) {
                values.add(value);
                room -= value.length() + OVERHEAD;
                requireRoom(room);
            }
            return values;
        } catch (BackupException e) {
            throw e;
        } catch (IOException e) {
            throw psql.failure(e);
        }
    }

    private static void requireRoom(int room) throws BackupException {
        if (room < 0) {
            throw new BackupException("the database returned more than was requested");
        }
    }

    private String next(int room) throws IOException {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        for (int b = out.read(); b != 0; b = out.read()) {
            if (b < 0) {
                throw new IOException("the connection ended");
            }
            value.write(b);
            requireRoom(room - value.size());
        }
        return value.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        psql.close();
    }
}
