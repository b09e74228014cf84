package dev.interlock.confine;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.util.HexFormat;

/** Identifies the version of a file: its digest, or for large files its size, file key and time of last change. */
final class FileFingerprint {

    /** Maximum bytes that are read. For a longer file, identity and the kernel's time of the last change count. */
    private static final long LONGEST = 16 << 20;

    private static final int EXECUTABLE = 0111;

    private FileFingerprint() {}

    /** @param reading whether its content may be read; if not, it is treated like a longer one */
    static String of(Path file, BasicFileAttributes attributes, boolean reading) throws IOException {
        if (attributes.isSymbolicLink()) {
            // Include the final target, because another link may be on the way.
            return "link " + Files.readSymbolicLink(file) + " to " + ExecutedFiles.target(file);
        }
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & EXECUTABLE;
        if (!attributes.isRegularFile()) {
            return "special";
        }
        // The change time is the kernel's; a file's owner can set the modification time at will.
        String text = reading && attributes.size() <= LONGEST
                ? digest(file)
                : attributes.size() + " " + attributes.fileKey() + " "
                        + Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
        return mode + " " + text;
    }

    private static String digest(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
                DigestInputStream digesting = new DigestInputStream(in, Bytes.newSha256())) {
            digesting.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
        }
    }
}
