package dev.interlock.cli;

import dev.interlock.adminapi.FleetQuestion;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.policy.SealFiles;
import dev.interlock.vault.FleetDocument;
import dev.interlock.vault.FleetKeys;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fleet",
        description = "Gateways that serve from one store, and share their credentials.",
        footer = {
            "On the new machine:",
            "  sudo interlock fleet join",
            "",
            "At a node of the fleet; the first one admits itself with --first:",
            "  sudo interlock fleet admit REQUEST --key ~/.ssh/id_ed25519_sk",
            "",
            "Where several must sign, or on the machine that has the key:",
            "  sudo interlock fleet admit REQUEST --out fleet.json",
            "  interlock fleet sign fleet.json --key ann --out fleet.json",
            "  sudo interlock fleet sign fleet.json"
        })
final class FleetCommand extends TerminalCommand {

    /** How a document is signed, and where it goes. */
    static final class Signing {
        @Option(names = "--key", paramLabel = "FILE", description = "The SSH key to sign with; may be repeated.")
        private List<Path> keys = List.of();

        @Option(names = "--out", paramLabel = "FILE", description = "Write the document here, for others to sign.")
        private @Nullable Path out;
    }

    @Command(
            name = "close",
            description =
                    "Record what became of the calls of a gateway that does not come back, from a copy of its log: "
                            + "each unknown unless it certainly was not sent, with an alert, once.",
            footer = "  interlock fleet close interlock.example/gateway-2 --ledger /mnt/ledgers/gateway-2")
    int close(
            @Parameters(paramLabel = "NODE", description = "The gateway's `origin`.") String node,
            @Option(
                            names = "--ledger",
                            paramLabel = "DIRECTORY",
                            description = "The copy of its log; that below `replicas` of gateway.yaml unless given.")
                    Optional<Path> ledger,
            @Mixin Options own)
            throws Exception {
        FleetQuestion.ClosedNode result = own.daemon()
                .ask(new FleetQuestion.CloseNode(
                        node, ledger.map(path -> path.toAbsolutePath().toString())));
        return terminal.answer(own, result, () -> {
            result.restored().forEach(terminal::line);
            result.closed().forEach((call, receipt) -> terminal.line(call + "  closed by " + receipt));
            terminal.line(
                    result.closed().isEmpty()
                            ? "No call was open in its " + result.receipts() + " receipts, or somebody had closed it."
                            : "Look at the upstreams whether these calls happened: `interlock receipts RECEIPT`.");
        });
    }

    @Command(
            name = "join",
            description = "Print this machine's request to join, for people to sign. Run it as root.",
            footer = "  sudo interlock fleet join")
    int join(@Mixin Options own) throws Exception {
        Config config = own.config();
        if (config.store().isEmpty()) {
            throw new UsageException("the gateways of a fleet share a store: write `store` in gateway.yaml first");
        }
        FleetKeys keys = Credentials.vault(config).fleet();
        if (keys.hasKey()) { // others may have its own keys, if it was expelled and does not know yet
            throw new UsageException(
                    "this machine is a node of the fleet; if people expelled it, start its gateway first, which hears of it");
        }
        String request = keys.join(config.origin()).word();
        Credentials.giveToDaemon(config);
        return terminal.answer(
                own,
                Json.object().with("request", request),
                request + "\n\nTo be signed at a node of the fleet, or here, with --first, if there is none:\n"
                        + "  sudo interlock fleet admit REQUEST --key KEY");
    }

    @Command(
            name = "admit",
            description = "Sign that a machine joins, and may have every credential. Those of `seal-signers` sign.",
            footer = "  sudo interlock fleet admit REQUEST --key ~/.ssh/id_ed25519_sk")
    int admit(
            @Parameters(paramLabel = "REQUEST", description = "What `fleet join` printed there.") String text,
            @Option(names = "--first", description = "Begin a fleet: this machine is the only node, and made the key.")
                    boolean first,
            @Mixin Signing signing,
            @Mixin Options own)
            throws Exception {
        FleetDocument request = UsageException.unless(() -> FleetDocument.readWord(text));
        FleetKeys keys = Credentials.vault(own.config()).fleet();
        Optional<FleetDocument> fleet = keys.document();
        if (fleet.isPresent() == first
                || (first && !keys.isCalled(request.nodes().firstKey()))) {
            throw new UsageException(
                    first
                            ? "`--first` begins a fleet with the machine that it runs on, and only once"
                            : "this machine is in no fleet: run it at a node of the fleet, or --first with the first one");
        }
        FleetDocument next =
                first ? request : UsageException.unless(() -> fleet.get().admit(request));
        return finish(own, next.envelope(), signing);
    }

    @Command(
            name = "expel",
            description =
                    "Sign that a node leaves, and give the others another key. Renew at the providers what it had.",
            footer = "  sudo interlock fleet expel interlock.example/b --key ~/.ssh/id_ed25519_sk")
    int expel(
            @Parameters(paramLabel = "NODE", description = "Its name: the `origin` in its gateway.yaml.") String node,
            @Mixin Signing signing,
            @Mixin Options own)
            throws Exception {
        Vault vault = Credentials.vault(own.config());
        FleetDocument fleet = vault.fleet()
                .document()
                .orElseThrow(() -> new UsageException("this machine is in no fleet: run it at a node of the fleet"));
        if (vault.fleet().isCalled(node)) {
            throw new UsageException("a node does not expel itself: run it at another one");
        }
        String key = vault.fleet().nextDigest();
        int done =
                finish(own, UsageException.unless(() -> fleet.expel(node, key)).envelope(), signing);
        terminal.aside(
                "`" + node + "` had these in the clear; renew them at their providers, and `vault put` them: "
                        + String.join(", ", vault.filled())
                        + ". Revoke the OAuth grants that were obtained at it, and change the password that it had for the database.");
        return done;
    }

    @Command(
            name = "sign",
            description = "Add signatures to a document, and adopt it, or with --out pass it on.",
            footer = "  interlock fleet sign fleet.json --key ann --out fleet.json")
    int sign(
            @Parameters(paramLabel = "FILE", description = "What --out wrote.") Path file,
            @Mixin Signing signing,
            @Mixin Options own)
            throws Exception {
        return finish(own, SealFiles.read(file), signing);
    }

    private int finish(Options own, Envelope envelope, Signing signing) throws Exception {
        FleetDocument document = FleetDocument.unverified(envelope);
        terminal.aside("FLEET " + document.number() + ", as it is signed\n  its key     " + document.key() + "\n"
                + document.nodes().entrySet().stream()
                        .map(node -> "  " + node.getValue() + "  " + node.getKey())
                        .collect(Collectors.joining("\n"))
                + "\n" + changes(own, document));
        Envelope signed = SshKeygen.sign(signing.keys, FleetDocument.NAMESPACE, envelope);
        if (signing.out != null) {
            SealFiles.write(signing.out, signed);
            return terminal.answer(
                    own, Json.object().with("written", signing.out.toString()), "Written to " + signing.out + ".");
        }
        adopt(own.config(), signed);
        return terminal.answer(
                own,
                Json.object().with("number", document.number()),
                "The fleet has " + CellFormat.number(document.nodes().size(), "node")
                        + "; running gateways learn of it within seconds.");
    }

    /** Says what signers change. Only a node knows what is in force, and only root may read it there. */
    private static String changes(Options own, FleetDocument next) {
        Optional<FleetDocument> before;
        try {
            before = Credentials.vault(own.config()).fleet().document();
        } catch (IOException | IllegalArgumentException _) {
            before = Optional.empty();
        }
        return before.map(fleet -> "CHANGES since fleet " + fleet.number() + ", which this node knows\n  "
                        + String.join("\n  ", next.changes(fleet))
                        + (next.number() == fleet.number() + 1 ? "" : "\n  IT DOES NOT FOLLOW that one"))
                .orElse("CHANGES are not known here: `sudo interlock fleet sign FILE --out FILE` says them at a node.");
    }

    private static void adopt(Config config, Envelope signed) throws IOException, BadSignatureException {
        FleetKeys keys = Credentials.vault(config).fleet();
        long known = keys.document().map(FleetDocument::number).orElse(0L);
        if (FleetDocument.unverified(signed).number() <= known) { // not for want of signatures
            throw new UsageException(
                    "fleet " + known
                            + " is known here already: `admit` or `expel` writes the next document, where this one's change is missing");
        }
        try {
            var _ = keys.accept(signed);
        } catch (BadSignatureException e) {
            throw new BadSignatureException(
                    e.getMessage()
                            + ": `seal-signers` in gateway.yaml names who may sign and how many must. Write it with --out fleet.json, and the others: interlock fleet sign fleet.json --key KEY --out fleet.json",
                    e);
        }
        Credentials.giveToDaemon(config);
    }
}
