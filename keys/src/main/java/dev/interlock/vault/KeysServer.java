package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SeenIntent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * The keys process. It answers one gateway, and trusts nothing that the gateway claims. Threading: one thread reads;
 * each request has a virtual thread, so that a command that fetches a secret delays no other.
 */
public final class KeysServer {

    /** Maximum requests at once; each waits for a disk or a command. Further requests wait in the pipe. */
    private static final int MAX_AT_ONCE = 64;

    private static final System.Logger LOG = System.getLogger(KeysServer.class.getName());

    private static final class SealWantedException extends IOException {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record LatestSeal(String id, byte[] envelope) {
        static final LatestSeal NONE = new LatestSeal("", new byte[0]);
    }

    private final Vault vault;
    private volatile LatestSeal shown = LatestSeal.NONE;

    /** Opens the vault in {@code root}, and makes it if there is none; {@code log} is where its calls are recorded. */
    public KeysServer(Path root, Vault.PinnedSealKeys pins, String log, InstantSource clock, SecureRandom random)
            throws IOException {
        this.vault = Vault.at(root, pins, log, this::envelope, clock, random);
    }

    private byte[] envelope(String id) throws IOException {
        LatestSeal latest = shown;
        if (!latest.id().equals(id)) {
            throw new SealWantedException();
        }
        return latest.envelope();
    }

    /** Answers until the other side closes; fails if the connection breaks, or a frame is no request. */
    public void serve(InputStream in, OutputStream out) throws IOException {
        KeysProtocol.FrameWriter writer = new KeysProtocol.FrameWriter(out);
        writer.write(Json.object().with("answer", "ready"));
        Semaphore places = new Semaphore(MAX_AT_ONCE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Optional<Json.Members> asked = KeysProtocol.read(in);
            while (asked.isPresent()) {
                Json.Members question = asked.get();
                places.acquireUninterruptibly();
                threads.execute(() -> {
                    try {
                        writer.write(answer(question));
                    } catch (IOException | RuntimeException e) {
                        LOG.log(System.Logger.Level.ERROR, "an answer could not be given: {0}", e.getClass());
                    } finally {
                        places.release();
                    }
                });
                asked = KeysProtocol.read(in);
            }
        }
    }

    /** Answers one request. A failure is reported without its message, which may quote the vault or the request. */
    private Json.Members answer(Json.Members question) {
        Json.Members to = Json.object().with("id", question.whole("id"));
        try {
            return to(question, to);
        } catch (SealWantedException _) {
            return to.with("answer", "seal_wanted");
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "the vault cannot be read: {0}", e.getMessage());
            return to.with("answer", "failed");
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a request that cannot be read: {0}", e.getClass());
            return to.with("answer", "failed");
        }
    }

    private Json.Members to(Json.Members question, Json.Members to) throws IOException {
        return switch (question.text("ask")) {
            case "open" ->
                with(
                        to,
                        vault.open(
                                question.text("seal"),
                                KeysProtocol.readNeed(question.object("need")),
                                question.get("proof").map(_ -> KeysProtocol.readProof(question.object("proof"))),
                                question.get("seen").map(_ -> SeenIntent.read(question.object("seen")))));
            case "obstacle" ->
                KeysProtocol.writeObstacle(
                        to, vault.obstacle(question.text("seal"), KeysProtocol.readNeed(question.object("need"))));
            case "resolver" -> with(to, vault.resolver(question.text("seal"), question.text("upstream")));
            case "seal" -> {
                shown = new LatestSeal(
                        question.text("seal"), Base64.getDecoder().decode(question.text("envelope")));
                yield to.with("answer", "seen");
            }
            case "knows" -> known(to, vault.slotHolding(new Secret(question.text("secret"))));
            case "traces" ->
                to.with("answer", "traces").with("all", vault.secretMatcher().json());
            case "encrypt" ->
                to.with("answer", "encrypted")
                        .with("text", KeysProtocol.base64(vault.encrypt(question.text("name"), text(question))));
            case "decrypt" ->
                to.with("answer", "decrypted")
                        .with("text", KeysProtocol.base64(vault.decrypt(question.text("name"), text(question))));
            case "fleet" ->
                with(
                        to,
                        vault.exchange(
                                        question.objects("rows").stream()
                                                .map(FleetRow::read)
                                                .toList(),
                                        KeysProtocol.bytes(question.text("fingerprint")))
                                .json());
            case "grants" ->
                to.with("answer", "grants")
                        .withItems("ended", vault.endedGrants().stream().map(EndedGrant::json));
            case "list" ->
                to.with("answer", "slots")
                        .withItems("slots", vault.list().stream().map(KeysProtocol::write));
            default -> throw new IllegalArgumentException("no such request");
        };
    }

    private static Bytes text(Json.Members question) {
        return KeysProtocol.bytes(question.text("text"));
    }

    private static Json.Members with(Json.Members to, CredentialResult opening) {
        return with(to, KeysProtocol.write(opening));
    }

    private static Json.Members with(Json.Members to, Json.Members content) {
        Json.Members answer = content;
        for (var member : to.members().entrySet()) {
            answer = answer.with(member.getKey(), member.getValue());
        }
        return answer;
    }

    private static Json.Members known(Json.Members to, Optional<Vault.KnownSecret> known) {
        Json.Members answer = to.with("answer", known.isPresent() ? "known" : "unknown");
        return known.map(k -> answer.with("slot", k.slot()).withOptional("upstream", k.upstream()))
                .orElse(answer);
    }
}
