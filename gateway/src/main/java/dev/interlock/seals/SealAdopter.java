package dev.interlock.seals;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.PastSeals;
import dev.interlock.policy.SealFiles;
import dev.interlock.policy.SealStore;
import dev.interlock.policy.SealsInForce;
import dev.interlock.policy.SealsInForce.AdoptionResult;
import dev.interlock.store.StoreListener;
import dev.interlock.store.StoreUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Adopts seals, and stores the envelope of each in a file named by its id, for the vault and for auditors. */
public record SealAdopter(SealsInForce seals, Config config, Consumer<Alert> alerts)
        implements CommandGroup, StoreListener {

    private static final System.Logger LOG = System.getLogger(SealAdopter.class.getName());

    /** Restores the seal after a start: the one in force, or a younger one that was put in its place meanwhile. */
    public void restore() throws IOException {
        seals.restore().ifPresent(this::report);
        Optional<Bytes> restored = keepCurrent();
        if (Files.exists(config.sealFile())) {
            Bytes put = Bytes.of(Files.readAllBytes(config.sealFile()));
            if (restored.filter(put::equals).isPresent()) {
                return; // these same bytes have just been verified, and are in force
            }
            AdoptionResult adoption = take(put);
            if (adoption instanceof AdoptionResult.AdoptedSeal adopted) {
                keep(adopted.seal().id(), put);
            }
            if (adoption instanceof AdoptionResult.RejectedSeal rejected && !wasInForce(put)) {
                report(rejected);
                alerts.accept(unadopted(rejected));
            }
        }
    }

    /** A crash may come after an adoption and before its file was written. Without the file the vault stays shut. */
    private Optional<Bytes> keepCurrent() throws IOException {
        Optional<Seal> current = seals.current();
        Optional<Bytes> stored = current.flatMap(seal -> seals.envelope(seal.id()));
        if (stored.isPresent()) {
            keep(current.orElseThrow().id(), stored.get());
        }
        return stored;
    }

    @Override
    public void changed(String kind, Set<String> ids) {
        if (kind.equals(SealStore.SEAL)) {
            reload();
        }
    }

    /** Takes up the seal that another gateway adopted. If that is not understood here, nothing is served. */
    @Override
    public synchronized void reload() {
        try {
            switch (seals.follow().orElse(null)) {
                case AdoptionResult.AdoptedSeal adopted -> alerts.accept(changed(adopted, loosened(adopted.seal())));
                case AdoptionResult.RejectedSeal(var why, String reason)
                when why == AdoptionResult.RejectionReason.UNAVAILABLE ->
                    throw new StoreUnavailableException(reason); // it is tried again
                case AdoptionResult.RejectedSeal rejected ->
                    alerts.accept(alarm(
                            "Another gateway has put a newer seal in force, and this one serves nothing until it can use that too: "
                                    + rejected.reason()));
                case null -> {} // the store has no newer one
            }
            keepCurrent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether this seal was in force before, so that nobody waits for it any more. */
    private boolean wasInForce(Bytes envelope) {
        try {
            String id = Bytes.of(Envelope.read(envelope.toArray()).unverified()).sha256();
            return Files.exists(config.adoptedSeals().resolve(id + ".json"));
        } catch (MalformedException e) {
            return false;
        }
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(EvidenceQuestion.AdoptSeal.class, request -> {
                    Bytes envelope = Bytes.utf8(request.question().envelope());
                    request.entry().record(Json.object().with("envelope_sha256", envelope.sha256()));
                    return adopt(envelope);
                }),
                Command.of(
                        EvidenceQuestion.FindNextSeal.class, _ -> new EvidenceQuestion.NextSeal(seals.nextSequence())),
                Command.of(
                        EvidenceQuestion.ShowSeal.class,
                        request -> show(request.question().seal())));
    }

    EvidenceQuestion.ShownSeal show(Optional<String> id) throws AdminRefusedException {
        try {
            Optional<String> asked = id.or(() -> seals.current().map(Seal::id));
            Path file = config.adoptedSeals().resolve(asked.orElse("none") + ".json");
            if (asked.filter(text -> text.matches("[0-9a-f]{64}")).isEmpty() || !Files.exists(file)) {
                throw new AdminRefusedException(
                        "not_found", "There is no such seal in force or stored here.", "See `interlock status`.");
            }
            return read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (BadSignatureException e) {
            throw new IllegalArgumentException("that seal is not signed by the keys that are pinned now", e);
        }
    }

    private EvidenceQuestion.ShownSeal read(Path file) throws IOException, BadSignatureException {
        Envelope.VerifiedEnvelope opened = SealFiles.read(file)
                .verify(
                        SealDocument.PAYLOAD_TYPE,
                        SealDocument.NAMESPACE,
                        config.sealSigners().publicKeys(),
                        config.sealSigners().quorum());
        Bytes payload = Bytes.of(opened.payload());
        Json.Members members = Json.readObject(payload.toArray());
        return new EvidenceQuestion.ShownSeal(
                payload.sha256(),
                members,
                opened.signers().stream()
                        .map(SshPublicKey::fingerprint)
                        .distinct()
                        .sorted()
                        .toList(),
                loosened(DraftSeals.past(payload.sha256(), payload.toArray())),
                before(members.whole("sequence")));
    }

    /** Compares with the previous seal, if it is stored and its signatures hold; it may have expired. */
    private List<String> loosened(Seal now) {
        try {
            Optional<String> before = before(now.sequence());
            Optional<Seal> old = before.isEmpty() ? Optional.empty() : new PastSeals(config).find(before.get());
            return old.map(one -> now.looserThan(one)).orElse(List.of());
        } catch (IOException | UncheckedIOException | MalformedException e) {
            return List.of("the requirements of the previous seal can no longer be read");
        }
    }

    /** Returns the previous seal's id, by the sequences in the files, unverified: a reader sees who signed. */
    private Optional<String> before(long sequence) throws IOException {
        return Optional.ofNullable(SealFiles.adopted(config).lowerEntry(sequence))
                .map(Map.Entry::getValue);
    }

    /** Puts {@code envelope} in force, and stores its file, again if it is in force: the disk may have been full. */
    synchronized EvidenceQuestion.AdoptedSeal adopt(Bytes envelope) throws AdminRefusedException {
        Seal seal = switch (take(envelope)) {
            case AdoptionResult.AdoptedSeal(Seal adopted, var _) -> adopted;
            case AdoptionResult.RejectedSeal(var _, String reason) ->
                throw new AdminRefusedException("refused", reason, "The previous seal stays in force.");
        };
        try {
            keep(seal.id(), envelope);
            return new EvidenceQuestion.AdoptedSeal(seal.id(), seal.sequence());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the file of a seal could not be written", e);
            throw new AdminRefusedException(
                    "unavailable",
                    "Seal " + seal.sequence() + " is in force, but its file could not be written ("
                            + e.getClass().getSimpleName() + "), and without the file no credential can be opened.",
                    "Free disk space for the gateway's data, and seal the same again.");
        }
    }

    /** Puts the seal in force and alerts, both before its file is written: it decides even if that fails. */
    private synchronized AdoptionResult take(Bytes envelope) {
        Optional<String> before = seals.current().map(Seal::id);
        AdoptionResult adoption = seals.adopt(envelope.toArray());
        if (adoption instanceof AdoptionResult.AdoptedSeal adopted
                && !before.equals(Optional.of(adopted.seal().id()))) {
            alerts.accept(changed(adopted, loosened(adopted.seal())));
        }
        return adoption;
    }

    /** Somebody sealed while the gateway was down, and believes that the seal is in force. */
    private Alert unadopted(AdoptionResult.RejectedSeal rejected) {
        return alarm("The seal in `" + config.sealFile()
                + "` was put there while the gateway was down, and is not in force: " + rejected.reason()
                + " Seal again with `interlock seal`.");
    }

    private static Alert alarm(String summary) {
        return new Alert(Alert.AlertKind.SEAL_CHANGED, Alert.Severity.ALARM, summary, Map.of());
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
                        + (looser.isEmpty()
                                ? "."
                                : ", and its backup requirements are weaker than in the previous seal."),
                facts);
    }

    /** Writes the seal's file. A failure is safe: without it the vault stays shut, and names the seal it misses. */
    private void keep(String id, Bytes envelope) throws IOException {
        Path directory = Files.createDirectories(config.adoptedSeals());
        SealFiles.write(directory.resolve(id + ".json"), Envelope.read(envelope.toArray()));
    }

    private void report(AdoptionResult adoption) {
        if (adoption instanceof AdoptionResult.RejectedSeal rejected) {
            LOG.log(System.Logger.Level.WARNING, rejected.reason());
        }
    }
}
