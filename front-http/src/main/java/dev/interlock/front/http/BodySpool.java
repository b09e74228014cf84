package dev.interlock.front.http;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Objects;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.CipherOutputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The place for long bodies of one listener while they are read and decided about: files without a name, encrypted with
 * a key that is in memory alone.
 *
 * @param room how much of the disk is left, for this listener
 */
record BodySpool(Path directory, BodyBudget.ListenerBudget room) {

    /**
     * Maximum bytes of one body: a file of 100 MB in base64, which is the most that GitHub takes, and what is around
     * it.
     */
    static final long LONGEST = 144L * 1024 * 1024;

    /** Maximum bytes of all bodies together. One listener gets half of it, as {@link BodyBudget} says. */
    static final long MOST = 1024L * 1024 * 1024;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int KEY = 16;

    /** Returns a new, empty file. */
    StoredBody create() throws IOException {
        Files.createDirectories(directory);
        Path file = Files.createTempFile(directory, "body", null); // only its owner may open it
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            byte[] key = new byte[KEY];
            RANDOM.nextBytes(key);
            return new StoredBody(channel, new SecretKeySpec(key, "AES"));
        } finally {
            Files.delete(file); // it ends with its channel, also if the gateway is killed
        }
    }

    /** One file. It is written once, and then read as often as needed. */
    record StoredBody(FileChannel channel, SecretKeySpec key) implements AutoCloseable {

        OutputStream write() throws IOException {
            OutputStream file = new FilterOutputStream(Channels.newOutputStream(channel)) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    out.write(bytes, from, length);
                }

                // The channel stays open: without a name, the file would be gone.
                @Override
                public void close() {}
            };
            return new CipherOutputStream(file, cipher(Cipher.ENCRYPT_MODE));
        }

        InputStream open() throws IOException {
            return new CipherInputStream(new ChannelBytes(channel), cipher(Cipher.DECRYPT_MODE));
        }

        // A key encrypts one file only, so that the counter may begin at 0 (NIST SP 800-38A §6.5).
        private Cipher cipher(int mode) throws IOException {
            try {
                Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
                cipher.init(mode, key, new IvParameterSpec(new byte[KEY]));
                return cipher;
            } catch (GeneralSecurityException e) {
                throw new IOException("a body cannot be encrypted", e);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** The bytes of a file from its beginning, whoever else reads it. */
    private static final class ChannelBytes extends InputStream {

        private final FileChannel channel;
        private long at;

        ChannelBytes(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int from, int most) throws IOException {
            Objects.checkFromIndexSize(from, most, to.length);
            int count = channel.read(ByteBuffer.wrap(to, from, most), at);
            at += Math.max(0, count);
            return count;
        }
    }
}
