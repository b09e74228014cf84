package dev.interlock.recovery;

import dev.interlock.evidence.MalformedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * An encrypted kit as a text for paper: AES-256-GCM under a key derived from the code alone. Each line ends in four
 * digits, which show whether the line was copied correctly. Each kit has its own code, so no key is used twice.
 */
public final class EncryptedKit {

    private static final String BEGIN = "-----BEGIN INTERLOCK RECOVERY KIT-----";
    private static final String END = "-----END INTERLOCK RECOVERY KIT-----";
    private static final int LINE = 64;
    private static final int SALT_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private EncryptedKit() {}

    /** Encrypts {@code kit} so that {@code code} opens it, and returns the text. */
    public static String seal(RecoveryKit kit, RecoveryCode code, SecureRandom random) {
        return seal(kit.canonical(), code, random);
    }

    /** Encrypts arbitrary bytes in the same way. */
    static String seal(byte[] plain, RecoveryCode code, SecureRandom random) {
        byte[] head = new byte[SALT_BYTES + NONCE_BYTES];
        random.nextBytes(head);
        try {
            byte[] encrypted = cipher(Cipher.ENCRYPT_MODE, code, head).doFinal(packed(plain));
            return text(ByteBuffer.allocate(head.length + encrypted.length)
                    .put(head)
                    .put(encrypted)
                    .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the kit cannot be encrypted", e);
        }
    }

    /** Throws MalformedException if it is not a kit, was miscopied or altered, or {@code code} is another kit's. */
    public static RecoveryKit open(String text, RecoveryCode code) {
        byte[] all = bytes(text);
        int head = SALT_BYTES + NONCE_BYTES;
        if (all.length <= head) {
            throw new MalformedException("the kit is truncated");
        }
        try {
            return RecoveryKit.read(
                    unpacked(cipher(Cipher.DECRYPT_MODE, code, all).doFinal(all, head, all.length - head)));
        } catch (AEADBadTagException _) { // without the cause: nothing about the decryption attempt may leak
            throw new MalformedException(
                    "this code does not decrypt the kit: it belongs to another kit, or the kit was altered");
        } catch (GeneralSecurityException e) {
            throw new MalformedException("the kit cannot be decrypted", e);
        }
    }

    private static Cipher cipher(int mode, RecoveryCode code, byte[] head) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                mode,
                code.key(Arrays.copyOf(head, SALT_BYTES)),
                new GCMParameterSpec(TAG_BITS, head, SALT_BYTES, NONCE_BYTES));
        cipher.updateAAD(BEGIN.getBytes(StandardCharsets.US_ASCII));
        return cipher;
    }

    static String text(byte[] all) {
        String base64 = Base64.getEncoder().encodeToString(all);
        StringBuilder text = new StringBuilder(BEGIN).append('\n');
        int number = 0;
        for (int at = 0; at < base64.length(); at += LINE) {
            String line = base64.substring(at, Math.min(base64.length(), at + LINE));
            text.append(line).append(' ').append(check(number++, line)).append('\n');
        }
        return text.append(END).append('\n').toString();
    }

    private static byte[] bytes(String text) {
        List<String> lines =
                text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        int begin = lines.indexOf(BEGIN);
        int end = lines.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new MalformedException("it does not contain a complete recovery kit");
        }
        StringBuilder base64 = new StringBuilder();
        List<String> wrong = new ArrayList<>();
        for (int i = begin + 1; i < end; i++) {
            String line = lines.get(i);
            String copied = line.substring(0, Math.max(line.indexOf(' '), 0));
            if (!line.equals(copied + " " + check(i - begin - 1, copied))) {
                wrong.add(Integer.toString(i - begin));
            }
            base64.append(copied);
        }
        if (!wrong.isEmpty()) {
            throw new MalformedException("these lines of the kit were copied incorrectly: " + String.join(", ", wrong));
        }
        try {
            return Base64.getDecoder().decode(base64.toString());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the kit is truncated", e);
        }
    }

    /** Detects copying mistakes only; the encryption protects the content. */
    private static String check(int number, String line) {
        CRC32 crc = new CRC32();
        crc.update((number + " " + line).getBytes(StandardCharsets.US_ASCII));
        return String.format("%04x", crc.getValue() & 0xffff);
    }

    private static byte[] packed(byte[] plain) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static byte[] unpacked(byte[] packed) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] plain = in.readNBytes(RecoveryKit.MAX_BYTES + 1);
            if (plain.length > RecoveryKit.MAX_BYTES) {
                throw new MalformedException("the kit is longer than " + RecoveryKit.MAX_BYTES + " bytes");
            }
            return plain;
        } catch (IOException e) {
            throw new MalformedException("the kit cannot be unpacked", e);
        }
    }
}
