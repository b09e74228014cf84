package dev.interlock.recovery;

import dev.interlock.action.Bytes;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Checkpoint;
import dev.interlock.evidence.LogReport;
import dev.interlock.evidence.LogVerifier;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerConfig;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.Trees;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Chooses the files of a recovery kit, restores them, and tests whether a kit is usable.
 *
 * <p>The ledger is not in it, because it has a replica. Nor is the store: old knowledge of leases, kills and used
 * statements is dangerous. People who can seal make a new seal, and thereby approve that work goes on.
 */
public final class Recovery {

    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");
    private static final String LOG_KEY = "ledger-state/log.key";
    private static final String GATEWAY = "config/gateway.yaml";

    /** The parts of the data directory that belong in a kit; a directory counts with all that is in it. */
    private static final List<String> DATA = List.of(
            ("seal.json seals ledger.pub " + LOG_KEY + " fingerprint.key authority.key authority.pem attestations")
                    .split(" "));

    private Recovery() {}

    /** With the file that {@code config} was read from, and the kills and freezes in force. */
    public static RecoveryKit gather(Config config, Path file, List<String> standing) throws IOException {
        List<RecoveryKit.KitFile> items = new ArrayList<>();
        items.add(item(GATEWAY, file));
        collect(items, "config/policy", file.toAbsolutePath().resolveSibling("policy"));
        for (String name : DATA) {
            collect(items, "data/" + name, config.data().resolve(name));
        }
        collect(items, "vault", config.vault());
        if (items.stream().noneMatch(item -> item.path().equals("data/" + LOG_KEY))) {
            throw new IOException("`" + config.data() + "` holds no log, so there is nothing to restore yet");
        }
        return new RecoveryKit(config.origin(), Instant.now(), receipts(config), standing, items);
    }

    private static void collect(List<RecoveryKit.KitFile> items, String name, Path from) throws IOException {
        if (Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
            items.add(item(name, from));
        } else if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> inside;
            try (Stream<Path> listed = Files.list(from)) {
                inside = listed.sorted().toList();
            }
            for (Path path : inside) {
                String last = path.getFileName().toString();
                if (!last.startsWith(".") && !last.endsWith(".new")) { // an editor's file, or a draft that a crash left
                    collect(items, name + "/" + last, path);
                }
            }
        }
    }

    private static RecoveryKit.KitFile item(String name, Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        boolean secret = !permissions.contains(PosixFilePermission.OTHERS_READ);
        return new RecoveryKit.KitFile(name, secret, Bytes.of(Files.readAllBytes(file)));
    }

    private static long receipts(Config config) throws IOException {
        try {
            return Checkpoint.open(
                            Files.readAllBytes(config.ledger().resolve("checkpoint")),
                            List.of(VerifierKey.parse(
                                    Files.readString(config.data().resolve("ledger.pub"))
                                            .strip())))
                    .size();
        } catch (MalformedException e) {
            throw new IOException(
                    "`" + config.data().resolve("ledger.pub")
                            + "` is damaged: restart the gateway, which writes it anew, and repeat this",
                    e);
        } catch (BadSignatureException e) {
            throw new IOException("the checkpoint of `" + config.ledger() + "` is not this log's", e);
        }
    }

    public record RestoredKit(Config config, int files, long receipts) {}

    /**
     * Files that are written before another is in the way stay. A copy of the log must have all receipts of the kit.
     */
    public static RestoredKit restore(RecoveryKit kit, Path file, Path copy) throws IOException {
        long receipts = requireLog(kit, copy);
        Path beside = file.toAbsolutePath().resolveSibling(".").normalize();
        requireAbsent(file, kit);
        Files.createDirectories(beside);
        write(kit, "config/", beside, file);
        Config config = Config.read(file);
        for (Path directory : List.of(config.data(), config.vault())) {
            requireEmpty(directory);
        }
        PrivateFiles.directories(config.data());
        write(kit, "data/", config.data(), file);
        write(kit, "vault/", config.vault(), file);
        copyTree(copy, config.ledger());
        return new RestoredKit(config, kit.files().size(), receipts);
    }

    /** Requires a copy that is not older than the kit: a log without the receipts since then would deny them. */
    private static long requireLog(RecoveryKit kit, Path copy) throws IOException {
        VerifierKey key = key(kit);
        LogReport report = new LogVerifier(List.of(key), Map.of()).verify(copy, Optional.empty());
        if (!report.recordsSound()) {
            throw new IOException("`" + copy + "` is not a valid copy of the log: "
                    + report.problems().getFirst().problem());
        }
        if (report.checkpoint().size() < kit.receipts()) {
            throw new IOException("`" + copy + "` has " + report.checkpoint().size() + " receipts, but there were "
                    + kit.receipts() + " when the kit was made: find a more recent copy");
        }
        return report.checkpoint().size();
    }

    private static VerifierKey key(RecoveryKit kit) {
        byte[] text = kit.file("data/ledger.pub").toArray();
        return VerifierKey.parse(new String(text, StandardCharsets.UTF_8).strip());
    }

    private static void requireAbsent(Path file, RecoveryKit kit) throws IOException {
        if (Files.exists(file) && !Bytes.of(Files.readAllBytes(file)).equals(kit.file(GATEWAY))) {
            throw new IOException("`" + file + "` exists already with other content; nothing was restored");
        }
    }

    private static void requireEmpty(Path directory) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> inside = Files.list(directory)) {
            if (inside.findAny().isPresent()) {
                throw new IOException("`" + directory + "` is not empty: move its content away first");
            }
        }
    }

    private static void write(RecoveryKit kit, String prefix, Path root, Path gateway) throws IOException {
        for (RecoveryKit.KitFile item : kit.files()) {
            if (item.path().equals(GATEWAY)) {
                write(item, gateway);
            } else if (item.path().startsWith(prefix)) {
                write(item, root.resolve(item.path().substring(prefix.length())));
            }
        }
    }

    private static void write(RecoveryKit.KitFile item, Path file) throws IOException {
        if (item.path().startsWith("config/") && Files.exists(file)) {
            return; // the same gateway.yaml, or a policy that somebody has restored from its repository
        }
        Files.createDirectories(
                file.toAbsolutePath().resolveSibling("."),
                item.path().startsWith("config/")
                        ? new FileAttribute<?>[0]
                        : new FileAttribute<?>[] {PrivateFiles.AS_DIRECTORY});
        Files.createFile(file, PrivateFiles.AS_FILE);
        Files.write(file, item.content().toArray(), StandardOpenOption.WRITE);
        if (!item.secret()) {
            Files.setPosixFilePermissions(file, READABLE);
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path one : all.toList()) {
                Path there = to.resolve(from.relativize(one).toString());
                if (Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectories(there);
                } else if (Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS)) {
                    Files.copy(one, there, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** The seal's sequence and end, the credentials that the vault can open, and who can sign. */
    public record KitTestResult(long seal, Instant expires, List<String> credentials, Set<String> people) {}

    /** Restores it into a scratch directory, and opens all of it as the gateway would. */
    public static KitTestResult attempt(RecoveryKit kit) throws IOException {
        // A short name: gateway.yaml may say `run: run`, and the path of a socket is short.
        Path scratch = PrivateFiles.temporaryDirectory(Path.of("/tmp"), "interlock-");
        try {
            Path file = scratch.resolve("gateway.yaml");
            write(kit, "config/", scratch, file);
            write(kit, "data/", scratch.resolve("data"), file);
            write(kit, "vault/", scratch.resolve("vault"), file);
            Config config = Config.read(file);
            SealDocument seal = sealed(config, scratch);
            requireLogKey(kit, config, scratch);
            return new KitTestResult(
                    seal.sequence(),
                    seal.expires(),
                    opened(config, scratch),
                    seal.people().keySet());
        } finally {
            Trees.remove(scratch);
        }
    }

    private static SealDocument sealed(Config config, Path scratch) throws IOException {
        Path file = scratch.resolve("data/seal.json");
        if (!Files.exists(file)) {
            throw new IOException("the kit holds no seal: seal the policy, and make a new kit");
        }
        try {
            return SealDocument.open(
                    Files.readAllBytes(file),
                    config.sealSigners().publicKeys(),
                    config.sealSigners().quorum());
        } catch (BadSignatureException e) {
            throw new IOException(
                    "the seal in the kit is not signed by the seal signers that its gateway.yaml pins", e);
        }
    }

    /** An empty log in the scratch directory must have the same public key. */
    private static void requireLogKey(RecoveryKit kit, Config config, Path scratch) throws IOException {
        LedgerConfig empty = LedgerConfig.of(
                config.origin(),
                scratch.resolve("data/ledger"),
                scratch.resolve("data/ledger-state"),
                Optional.empty());
        try (Ledger ledger = Ledger.open(empty, new SecureRandom())) {
            if (!ledger.verifierKey().equals(key(kit))) {
                throw new IOException("the log key in the kit does not match its `ledger.pub`");
            }
        }
    }

    private static List<String> opened(Config config, Path scratch) throws IOException {
        if (!Files.isDirectory(scratch.resolve("vault"))) {
            return List.of();
        }
        Vault vault = Vault.at(
                scratch.resolve("vault"),
                Credentials.pins(config),
                config.origin(),
                seal -> Files.readAllBytes(scratch.resolve("data/seals").resolve(seal + ".json")),
                InstantSource.system(),
                new SecureRandom());
        var _ = vault.secretMatcher(); // decrypts each credential
        return List.copyOf(vault.filled());
    }
}
