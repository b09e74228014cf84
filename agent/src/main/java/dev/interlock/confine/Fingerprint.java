package dev.interlock.confine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** By what a file is known to be as it was. */
final class Fingerprint {

    /** Of longer ones it counts whether they are the same file and when the kernel last saw a change. */
    private static final long LONGEST = 16 << 20;

    private static final int EXECUTABLE = 0111;

    private Fingerprint() {}

    /** @param reading whether there is room to read it; else it counts as a longer one does */
    static String of(Path file, BasicFileAttributes attributes, boolean reading) throws IOException {
        if (attributes.isSymbolicLink()) {
            // With where it leads in the end: another link may be on the way.
            return "link " + Files.readSymbolicLink(file) + " to " + Executed.target(file);
        }
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & EXECUTABLE;
        if (!attributes.isRegularFile()) {
            return "special";
        }
        // The time of the last change of content is whatever its owner says.
        String text = reading && attributes.size() <= LONGEST
                ? digest(file)
                : attributes.size() + " " + attributes.fileKey() + " "
                        + Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
        return mode + " " + text;
    }

    private static String digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
                DigestInputStream digesting = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digesting.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
