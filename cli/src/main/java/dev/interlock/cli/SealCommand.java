package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.author.InvariantProof;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.PolicyTests;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.PolicyRule;
import dev.interlock.policy.SealFiles;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "seal",
        description = "Validate, test, sign and adopt a policy directory. Only a sealed policy is in force.",
        footer = {
            "",
            "Examples:",
            "  interlock seal --key ~/.ssh/id_ed25519_sk",
            "",
            "Where `seal-signers` asks for several, each signs the same file in turn:",
            "  interlock seal --key ann interlock/policy --out seal.json",
            "  interlock seal --key bob --sign seal.json",
            "",
            "If the gateway is elsewhere, sign where the key is, and adopt there what is signed:",
            "  interlock seal --key ann --number 2 --out seal.json",
            "  interlock seal --sign seal.json"
        })
final class SealCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description = "The SSH key to sign with; may be repeated. Only a seal that others signed needs none.")
    private List<Path> keys = List.of();

    @Option(
            names = "--sign",
            paramLabel = "FILE",
            description = "Add signatures to this seal instead of making one, and adopt it.")
    private Optional<Path> existing = Optional.empty();

    @Option(
            names = "--number",
            paramLabel = "N",
            description =
                    "The number of the seal, if the gateway cannot be asked from here: one more than `status` shows there.")
    private @Nullable Long number;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the seal here instead of adopting it.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws Exception {
        Config config = options.config();
        if (out.isPresent() && !Files.isDirectory(out.get().toAbsolutePath().resolveSibling(""))) {
            throw new UsageException(
                    "there is no directory `" + out.get().toAbsolutePath().getParent() + "` to write the seal to");
        }
        if (existing.isPresent()) {
            return finish(config, SealFiles.read(existing.get()));
        }
        if (keys.isEmpty()) {
            Path own = options.located().resolve("seal.key"); // what `setup` made
            throw new UsageException("`--key` is missing: sudo interlock seal --key "
                    + (Files.exists(own) ? own : "KEY") + options.again()
                    + "; where several sign, --out writes the seal and each adds a signature with --sign");
        }
        if (number != null && number < 1) {
            throw new UsageException("`--number` is at least 1, not " + number);
        }
        return switch (PolicyDirectory.load(options.policy(directory), CatalogView.facts())) {
            case PolicyDirectory.LoadResult.InvalidDirectory broken -> {
                broken.problems().forEach(problem -> terminal.problem(problem.toString()));
                yield nothingSealed(ExitCodes.DATA);
            }
            case PolicyDirectory.LoadResult.SoundDirectory sound -> {
                sound.warnings().forEach(warning -> terminal.problem("warning: " + warning.problem()));
                yield fresh(config, sound.directory());
            }
        };
    }

    /** The directory is read once, so that exactly what was tested is sealed. */
    private Integer fresh(Config config, PolicyDirectory policy) throws Exception {
        List<PolicyTests.ScenarioResult> red =
                PolicyTests.run(policy, CatalogView.facts(), LimitEnforcer::limitedInRehearsal).stream()
                        .filter(result -> !result.passed())
                        .toList();
        red.forEach(result -> terminal.problem("red: " + result.name() + ": " + result.detail()));
        List<InvariantProof.InvariantResult> broken = InvariantProof.own(policy, CatalogView.facts()).results().stream()
                .filter(result -> !result.holds())
                .toList();
        List<String> signing = attestersThatSign(config, policy.draft());
        signing.forEach(
                line -> terminal.problem(
                        "interlock.yaml: `" + VisibleText.line(line)
                                + "` attests backups, but gateway.yaml lists it in `seal-signers`: an attacker who controls the machine that takes backups could sign seals; create a separate key for that machine"));
        policy.draft()
                .witnesses()
                .map(rules -> rules.without(config.witnessKeys()))
                .filter(missing -> !missing.isEmpty())
                .ifPresent(missing -> terminal.problem("warning: gateway.yaml names no address of the witnesses `"
                        + String.join("`, `", missing) + "`; add them under `witnesses` there"));
        broken.forEach(result -> terminal.problem("does not hold: " + result.name() + ": " + result.got()
                + "; `interlock policy prove` prints a counterexample"));
        return red.isEmpty() && broken.isEmpty() && signing.isEmpty()
                ? finish(config, policy.toSign(number == null ? next(config) : number, Instant.now()))
                : nothingSealed(ExitCodes.NO);
    }

    /** Returns the attesters of backups whose signature also makes a seal. */
    private static List<String> attestersThatSign(Config config, Seal draft) {
        Set<SshPublicKey> signers = config.sealSigners().publicKeys();
        return draft.backups().attesters().stream()
                .filter(line -> signers.contains(SshPublicKey.parse(line)))
                .toList();
    }

    private Integer nothingSealed(int exit) {
        terminal.problem("nothing was sealed");
        return exit;
    }

    private Integer finish(Config config, Envelope envelope) throws Exception {
        tellLoosened(config, envelope);
        Envelope signed = SshKeygen.sign(keys, SealDocument.NAMESPACE, envelope);
        if (out.isPresent()) {
            SealFiles.write(out.get(), signed);
            return say(Json.object().with("written", out.get().toString()), "Written to " + out.get() + ".");
        }
        return adopt(config, signed);
    }

    /**
     * Prints what permits relax, and what the previous seal demands of backups and {@code envelope} does not, for the
     * signer to read first.
     */
    private void tellLoosened(Config config, Envelope envelope) throws IOException {
        try {
            Optional<byte[]> before = SealInForce.said(config);
            Seal now = DraftSeals.read(envelope.unverified());
            List<String> relaxed = new ArrayList<>(PolicyRule.relaxations(now));
            if (before.isPresent()) {
                relaxed.removeAll(PolicyRule.relaxations(DraftSeals.read(before.get())));
            }
            now.fleet()
                    .filter(_ -> before.isEmpty())
                    .ifPresent(rules -> terminal.problem("LOOSENED: " + rules.words()));
            relaxed.forEach(words -> terminal.problem("RELAXED: " + VisibleText.line(words)));
            if (before.isPresent()) {
                now.looserThan(DraftSeals.read(before.get()))
                        .forEach(words -> terminal.problem("LOOSENED: " + VisibleText.line(words)));
            } else if (now.sequence() > 1) {
                terminal.problem(
                        "NOT COMPARED: the previous seal cannot be read from here, so weaker backup requirements are not reported");
            }
        } catch (MalformedException e) {
            terminal.problem("NOT COMPARED: the backup requirements of one of the two seals cannot be read: "
                    + VisibleText.line(String.valueOf(e.getMessage())));
        }
    }

    /** The daemon knows what was ever in force; without it, the last installed seal is used. */
    private static long next(Config config) throws IOException, AdminRefusedException {
        try {
            return AdminClient.at(config.adminSocket())
                    .ask(new EvidenceQuestion.FindNextSeal())
                    .sequence();
        } catch (BindException e) {
            throw e; // there is a daemon, and this user may not ask it
        } catch (IOException e) {
            return SealFiles.nextSequence(config);
        }
    }

    private Integer adopt(Config config, Envelope signed) throws Exception {
        byte[] bytes = signed.write();
        try {
            EvidenceQuestion.AdoptedSeal adopted = AdminClient.at(config.adminSocket())
                    .ask(new EvidenceQuestion.AdoptSeal(new String(bytes, StandardCharsets.UTF_8)));
            return say(RecordJson.write(adopted), "Seal " + adopted.sequence() + " is in force.");
        } catch (BindException e) {
            throw e;
        } catch (SocketException e) {
            SealFiles.put(config, signed);
            return say(
                    Json.object().with("written", config.sealFile().toString()),
                    "Signed. No daemon answers; the seal takes effect with the next `interlock up`.");
        }
    }

    private int say(Json.Members json, String sentence) {
        return terminal.answer(options, json, sentence);
    }
}
