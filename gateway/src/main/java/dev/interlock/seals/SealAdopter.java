package dev.interlock.seals;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.admin.SealCommands;
import dev.interlock.config.Config;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.policy.PastSeals;
import dev.interlock.policy.SealFiles;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.SealsInForce;
import dev.interlock.policy.SealsInForce.AdoptionResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Adopts seals, and keeps each envelope that ever was in force as a file by its id, for the vault and for auditors. */
public final class SealAdopter implements SealCommands.SealStorage {

    private static final System.Logger LOG = System.getLogger(SealAdopter.class.getName());

    private final SealsInForce seals;
    private final Config config;
    private final Consumer<Alert> alerts;

    public SealAdopter(SealsInForce seals, Config config, Consumer<Alert> alerts) {
        this.seals = seals;
        this.config = config;
        this.alerts = alerts;
    }

    /** After a start: what was in force, or what was put in place meanwhile if that is younger. */
    public void restore() throws IOException {
        seals.restore().ifPresent(this::report);
        Optional<Seal> before = seals.current();
        Optional<Bytes> restored = before.flatMap(seal -> seals.envelope(seal.id()));
        // A crash may have come between adopting it and keeping its file, without which the vault stays shut.
        if (restored.isPresent()) {
            keep(before.orElseThrow().id(), restored.get());
        }
        if (Files.exists(config.sealFile())) {
            Bytes put = Bytes.of(Files.readAllBytes(config.sealFile()));
            if (restored.filter(put::equals).isPresent()) {
                return; // these very bytes have just been verified, and are in force
            }
            AdoptionResult adoption = take(put);
            if (adoption instanceof AdoptionResult.AdoptedSeal adopted) {
                keep(adopted.seal().id(), put);
            }
            if (before.isEmpty() || !isRollback(adoption)) {
                report(adoption);
            }
        }
    }

    private static boolean isRollback(AdoptionResult adoption) {
        return adoption instanceof AdoptionResult.RejectedSeal rejected && rejected.why() == AdoptionResult.RejectionReason.ROLLBACK;
    }

    @Override
    public long next() {
        return seals.nextSequence();
    }

    @Override
    public Optional<SealCommands.StoredSeal> kept(Optional<String> id) {
        try {
            Optional<String> asked = id.or(() -> seals.current().map(Seal::id));
            Path file = directory().resolve(asked.orElse("none") + ".json");
            return asked.filter(text -> text.matches("[0-9a-f]{64}")).isPresent() && Files.exists(file)
                    ? Optional.of(read(file))
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException("that seal is not signed by the keys that are "
                + "pinned now", e);
        }
    }

    private SealCommands.StoredSeal read(Path file) throws IOException, BadSignatureException {
        Envelope.VerifiedEnvelope opened = SealFiles.read(file)
                .verify(
                        SealDocument.PAYLOAD_TYPE,
                        SealDocument.NAMESPACE,
                        config.sealSigners().publicKeys(),
                        config.sealSigners().quorum());
        Bytes payload = Bytes.of(opened.payload());
        Json.Members members = Json.readObject(payload.toArray());
        Optional<String> before = before(members.whole("sequence"));
        return new SealCommands.StoredSeal(
                payload.sha256(),
                members,
                opened.signers().stream().map(SshPublicKey::fingerprint).collect(Collectors.toSet()),
                before,
                loosened(DraftSeals.past(payload.sha256(), payload.toArray())));
    }

    /**
     * Against the one before it that is kept and still proven, whether or not that has expired: a seal that lapsed
     * asked what it asked. Of any other nobody can say that.
     */
    private List<String> loosened(Seal now) {
        try {
            Optional<String> before = before(now.sequence());
            Optional<Seal> old = before.isEmpty() ? Optional.empty() : new PastSeals(config).find(before.get());
            return old.map(one -> now.backups().looserThan(one.backups())).orElse(List.of());
        } catch (IOException | UncheckedIOException | MalformedException e) {
            return List.of("the requirements of the previous seal can no longer be read");
        }
    }

    /** By what the files say themselves: which one it is matters to nobody but a reader, who sees who signed it. */
    private Optional<String> before(long sequence) throws IOException {
        if (Files.notExists(directory())) {
            return Optional.empty(); // none was ever kept
        }
        Map<Long, String> earlier = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory())) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                Json.Members envelope = Json.readObject(Files.readAllBytes(file));
                byte[] payload = Base64.getDecoder().decode(envelope.text("payload"));
                long its = SealDocument.read(payload).sequence();
                if (its < sequence) {
                    earlier.put(-its, Bytes.of(payload).sha256());
                }
            }
        }
        return earlier.values().stream().findFirst();
    }

    private Path directory() {
        return config.data().resolve("seals");
    }

    @Override
    public synchronized SealCommands.Result adopt(Bytes envelope) {
        return switch (take(envelope)) {
            case AdoptionResult.AdoptedSeal(Seal seal, var _) -> onFile(seal, envelope);
            case AdoptionResult.RejectedSeal(var _, String reason) -> new SealCommands.Result.Rejected(reason);
        };
    }

    /** Also of one that is no news: its file may not have found room when it was. */
    private SealCommands.Result onFile(Seal seal, Bytes envelope) {
        try {
            keep(seal.id(), envelope);
            return new SealCommands.Result.Adopted(seal.id(), seal.sequence());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the file of a seal could not be written", e);
            return new SealCommands.Result.Unkept(seal.sequence(), e.getClass().getSimpleName());
        }
    }

    /** Puts it in force, and tells of it first: whatever becomes of its file, it decides from now on. */
    private synchronized AdoptionResult take(Bytes envelope) {
        Optional<String> before = seals.current().map(Seal::id);
        AdoptionResult adoption = seals.adopt(envelope.toArray());
        if (adoption instanceof AdoptionResult.AdoptedSeal adopted
                && !before.equals(Optional.of(adopted.seal().id()))) {
            alerts.accept(changed(adopted, loosened(adopted.seal())));
        }
        return adoption;
    }

    private static Alert changed(AdoptionResult.AdoptedSeal adopted, List<String> looser) {
        Map<String, String> facts =
                new TreeMap<>(Map.of("seal", adopted.seal().id(), "signers", String.join(" ", adopted.signers())));
        if (!looser.isEmpty()) {
            facts.put("loosened", String.join("; ", looser));
        }
        return new Alert(
                Alert.AlertKind.SEAL_CHANGED,
                looser.isEmpty() ? Alert.Severity.WARNING : Alert.Severity.ALARM,
                "Seal " + adopted.seal().sequence() + " is in force"
                        + (looser.isEmpty() ? "." : ", and its backup requirements are weaker "
                            + "than in the previous seal."),
                facts,
                Optional.empty());
    }

    /** Without the file the vault stays shut: it fails closed by itself, and says which seal it misses. */
    private void keep(String id, Bytes envelope) throws IOException {
        Path directory = Files.createDirectories(config.data().resolve("seals"));
        SealFiles.write(directory.resolve(id + ".json"), Envelope.read(envelope.toArray()));
    }

    private void report(AdoptionResult adoption) {
        if (adoption instanceof AdoptionResult.RejectedSeal rejected) {
            LOG.log(System.Logger.Level.WARNING, rejected.reason());
        }
    }
}
