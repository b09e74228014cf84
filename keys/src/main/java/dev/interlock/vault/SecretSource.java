package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Where a secret is copied from, once, when it is put: if it changes later, the vault stays the same. */
public sealed interface SecretSource {

    /** Maximum bytes of a secret: common servers reject longer header fields. */
    int MAX_SECRET_BYTES = 8 * 1024;

    /** Maximum bytes read of a secret and what follows it. */
    int MAX_READ_BYTES = MAX_SECRET_BYTES + 3;

    /** A file that holds the secret and at most one line end after it. */
    record SecretFileSource(Path path) implements SecretSource {}

    /** An environment variable of the process that puts the secret. */
    record SecretEnvSource(String name) implements SecretSource {}

    /** Reads {@code file:PATH} or {@code env:NAME}. A failure does not repeat what might be the secret itself. */
    static SecretSource parse(String text) {
        if (text.startsWith("file:") && text.length() > 5) {
            return new SecretFileSource(Path.of(text.substring(5)));
        }
        if (text.startsWith("env:") && text.length() > 4) {
            return new SecretEnvSource(text.substring(4));
        }
        throw new IllegalArgumentException("a source is written `file:PATH` or `env:NAME`");
    }

    /** Returns the secret as it is now, if it could be sent in a header field as it is. */
    default Secret read(Map<String, String> environment) throws IOException {
        return switch (this) {
            case SecretFileSource file -> usable(fromFile(file.path()));
            case SecretEnvSource env -> usable(fromEnvironment(env.name(), environment));
        };
    }

    static Secret typed(char[] typed) {
        try {
            return usable(new String(typed));
        } finally {
            Arrays.fill(typed, '\0');
        }
    }

    private static String fromFile(Path path) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(MAX_READ_BYTES);
        }
        try {
            return withoutLineEnd(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private static String withoutLineEnd(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return text.endsWith("\n") ? text.substring(0, text.length() - 1).replaceFirst("\r\\z", "") : text;
    }

    /** Returns a secret that a command printed, read like a file. */
    static Secret printed(byte[] bytes) {
        return usable(withoutLineEnd(bytes));
    }

    private static String fromEnvironment(String name, Map<String, String> environment) {
        String value = environment.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the environment variable `" + name + "` is not set");
        }
        return value;
    }

    /** Accepts visible ASCII only: with a line end in the secret, its owner could write header fields. */
    private static Secret usable(String value) {
        boolean visible = value.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
        if (value.isEmpty() || value.length() > MAX_SECRET_BYTES || !visible || !value.equals(value.strip())) {
            throw new IllegalArgumentException(
                    "the secret is not 1 to " + MAX_SECRET_BYTES + " visible ASCII characters");
        }
        return new Secret(value);
    }
}
