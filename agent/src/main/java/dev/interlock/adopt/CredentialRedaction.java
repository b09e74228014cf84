package dev.interlock.adopt;

import dev.interlock.shapes.CredentialKinds;
import dev.interlock.shapes.LiteralFinder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Replaces the credentials in a file's content by crosses. Not for several threads at once. */
public final class CredentialRedaction {

    private final CredentialScanner scanner;

    public CredentialRedaction(CredentialKinds kinds) {
        this.scanner = new CredentialScanner(kinds.kinds(), new LiteralFinder(kinds.kinds()));
    }

    /**
     * Returns {@code content} with a cross for each character of a credential, so that its structure stays.
     *
     * @param file some kinds of credentials are only searched in files of certain names
     */
    public byte[] redact(byte[] content, Path file) throws IOException {
        byte[] redacted = content.clone();
        for (CredentialMatch match : scanner.of(new ByteArrayInputStream(content), file)) {
            Arrays.fill(redacted, (int) match.offset(), (int) match.end(), (byte) 'x');
        }
        return redacted;
    }
}
