package dev.interlock.cli;

import dev.interlock.cli.Adoptions.Original;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/** Has a provider revoke a credential, and records the result. */
final class CredentialRevoker {

    private final Terminal terminal;
    private final Path book;
    private final Clock clock;

    /** @param book the file with one line of JSON for each answer; it contains no secret */
    CredentialRevoker(Terminal terminal, Path book, Clock clock) {
        this.terminal = terminal;
        this.book = book;
        this.clock = clock;
    }

    /** The address to ask instead of the provider's own. */
    record RevocationAddress(Optional<URI> address, Optional<Path> authority) {}

    int revoke(String id, Original one, boolean yes, boolean json, RevocationAddress rehearsal)
            throws IOException, InterruptedException {
        Optional<RevocationEndpoint> found = RevocationEndpoint.of(one.kind(), one.secret());
        if (found.isEmpty()) {
            terminal.problem("Interlock knows no provider that revokes a credential such as this `" + one.kind()
                    + "`: renew it by hand, as `interlock adopt --check` says");
            return ExitCodes.NO;
        }
        RevocationEndpoint provider = found.get();
        if (!yes && !agreed(id, one, provider, json)) {
            terminal.problem("nothing was sent" + (json || !terminal.isInteractive() ? ": use --yes to send it" : ""));
            return ExitCodes.NO;
        }
        RevocationEndpoint.RevocationOutcome outcome =
                provider.ask(one.secret(), rehearsal.address(), rehearsal.authority());
        Json.Members line = Json.object()
                .with("id", id)
                .with("kind", one.kind())
                .with("provider", provider.address().getHost())
                .with("rehearsal", rehearsal.address().isPresent())
                .with("revoked", outcome.done())
                .with("said", outcome.said())
                .with("at", clock.instant().toString());
        write(line);
        if (json) {
            terminal.json(line);
        } else {
            terminal.line((outcome.done() ? "✓ " : "✗ ") + id + "  " + outcome.said());
        }
        return outcome.done() ? ExitCodes.OK : ExitCodes.NO;
    }

    private boolean agreed(String id, Original one, RevocationEndpoint provider, boolean json) {
        if (json || !terminal.isInteractive()) {
            return false;
        }
        terminal.line("`" + id + "`, a " + one.kind() + ", is sent to " + provider.address()
                + ", which revokes it. Programs that still use it stop working, and this cannot be undone.");
        return terminal.agrees("Send it?");
    }

    private void write(Json.Members line) throws IOException {
        PrivateFiles.directories(book.resolveSibling(""));
        if (!Files.exists(book)) {
            PrivateFiles.file(book);
        }
        byte[] bytes = (line.canonicalText() + "\n").getBytes(StandardCharsets.UTF_8);
        try (var channel = Files.newByteChannel(
                book,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.APPEND, java.nio.file.LinkOption.NOFOLLOW_LINKS))) {
            channel.write(java.nio.ByteBuffer.wrap(bytes));
        }
    }
}
