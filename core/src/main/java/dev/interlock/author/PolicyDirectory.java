package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.author.LintFinding.LintFindingKind;
import dev.interlock.config.YamlSyntax;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.SealDocument;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.OwnFileLists;
import dev.interlock.policy.PersonGroups;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.SealIssue;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A policy directory as people write it: {@code interlock.yaml}, {@code *.cedar}, tests, invariants and own catalogs.
 */
public final class PolicyDirectory {

    /** Far more than anybody reviews. */
    static final int MAX_FILE = 1024 * 1024;

    /** The directory of an organisation's own catalogs. */
    static final String CATALOGS = "catalogs";

    private static final String CATALOG = ".yaml";

    public sealed interface LoadResult {
        /** The directory may be sealed; {@code warnings} are what can be found without asking its policies. */
        record SoundDirectory(PolicyDirectory directory, List<LintFinding> warnings) implements LoadResult {}

        /** The directory may not be sealed, because of {@code problems}. */
        record InvalidDirectory(List<PolicyProblem> problems) implements LoadResult {}
    }

    private final InterlockYaml yaml;
    private final Seal draft;
    private final List<Scenario> scenarios;
    private final List<Invariant> invariants;

    private PolicyDirectory(InterlockYaml yaml, List<Scenario> scenarios, List<Invariant> invariants) {
        this.invariants = List.copyOf(invariants);
        this.yaml = yaml;
        this.draft = yaml.seal();
        this.scenarios = List.copyOf(scenarios);
    }

    /**
     * Reads and validates {@code directory}. Its scenario tests are read, but not run: see {@link PolicyTests}.
     *
     * @throws IOException if it cannot be read
     */
    public static LoadResult load(Path directory, CatalogFacts catalogs) throws IOException {
        try {
            return new DirectoryReader(directory, catalogs).load();
        } catch (PolicyProblemException e) {
            return new LoadResult.InvalidDirectory(List.of(e.problem()));
        }
    }

    /** Returns the draft seal, without sequence and times. */
    public Seal draft() {
        return draft;
    }

    /** Locates {@code issue} in {@code interlock.yaml}. */
    PolicyProblem locate(SealIssue issue) {
        return yaml.locate(issue);
    }

    /** Returns for how long a seal made from it only observes. */
    Optional<Duration> observes() {
        return yaml.observes();
    }

    List<Invariant> invariants() {
        return invariants;
    }

    List<Scenario> scenarios() {
        return scenarios;
    }

    /**
     * Returns the seal to sign. Signatures cover its {@link Envelope#pae}, in namespace {@code interlock-seal@v1}.
     *
     * @param sequence higher than that of every earlier seal
     */
    public Envelope toSign(long sequence, Instant at) {
        Instant sealed = at.truncatedTo(ChronoUnit.SECONDS);
        byte[] payload = DraftSeals.payload(draft.with(parts -> {
            parts.sequence = sequence;
            parts.sealedAt = sealed;
            parts.expires = sealed.plus(yaml.lifetime());
            parts.observeUntil = yaml.observes().map(sealed::plus);
        }));
        return Envelope.of(SealDocument.PAYLOAD_TYPE, payload);
    }

    private static final class DirectoryReader {

        private final Path directory;
        private final CatalogFacts catalogs;
        private final List<PolicyProblem> problems = new ArrayList<>();
        private final List<LintFinding> warnings = new ArrayList<>();

        DirectoryReader(Path directory, CatalogFacts catalogs) {
            this.directory = directory;
            this.catalogs = catalogs;
        }

        LoadResult load() throws IOException {
            List<Seal.PolicyText> policies = new ArrayList<>();
            List<Scenario> scenarios = new ArrayList<>();
            for (Path file : files(directory)) {
                String name = file.getFileName().toString();
                if (name.endsWith(".cedar")) {
                    policies.add(new Seal.PolicyText(name, text(name)));
                } else if (name.endsWith(".test.yaml")) {
                    scenarios.addAll(Scenario.read(name, text(name)));
                } else if (!name.equals(InterlockYaml.FILE) && !name.equals(Invariant.FILE) && !name.equals(CATALOGS)) {
                    ignored(
                            name,
                            "this file is ignored: it is not `*.cedar`, `*.test.yaml` or `invariants.yaml`; put catalogs into `catalogs`");
                }
            }
            InterlockYaml.AvailableCatalogs available =
                    new InterlockYaml.AvailableCatalogs(catalogs.digests(), ownCatalogs());
            InterlockYaml yaml = InterlockYaml.read(text(InterlockYaml.FILE), policies, available);
            own(yaml.seal(), available);
            if (problems.isEmpty()) {
                validate(yaml, policies);
            }
            List<Invariant> invariants = invariants(yaml);
            return problems.isEmpty()
                    ? new LoadResult.SoundDirectory(
                            new PolicyDirectory(yaml, scenarios, invariants), List.copyOf(warnings))
                    : new LoadResult.InvalidDirectory(List.copyOf(problems));
        }

        /** Returns the texts of the files in {@code catalogs}, by the names that they must have inside. */
        private Map<String, String> ownCatalogs() throws IOException {
            Map<String, String> own = new TreeMap<>();
            if (!Files.isDirectory(directory.resolve(CATALOGS))) {
                return own;
            }
            for (Path file : files(directory.resolve(CATALOGS))) {
                String name = file.getFileName().toString();
                if (name.endsWith(CATALOG)) {
                    own.put(name.substring(0, name.length() - CATALOG.length()), text(CATALOGS + "/" + name));
                } else {
                    ignored(CATALOGS + "/" + name, "this file is ignored: it is not `NAME.yaml`");
                }
            }
            return own;
        }

        private void own(Seal draft, InterlockYaml.AvailableCatalogs available) {
            available.own().keySet().forEach(name -> {
                String file = CATALOGS + "/" + name + CATALOG;
                Seal.OwnCatalog used = draft.ownCatalogs().get(name);
                if (used == null) {
                    ignored(file, "no upstream has this catalog, so it is not sealed");
                } else {
                    YamlSyntax.problem(used.text())
                            .ifPresentOrElse(
                                    e -> problems.add(new PolicyProblem(e.position(file), e.problem())),
                                    () -> catalogs.own()
                                            .mistakes(used)
                                            .forEach(mistake -> problems.add(new PolicyProblem(file, 0, mistake))));
                }
            });
        }

        private void ignored(String file, String why) {
            warnings.add(new LintFinding(LintFindingKind.UNREAD, new PolicyProblem(file, 1, why)));
        }

        private List<Invariant> invariants(InterlockYaml yaml) throws IOException {
            return problems.isEmpty() && Files.exists(directory.resolve(Invariant.FILE))
                    ? Invariant.read(text(Invariant.FILE), yaml.seal(), catalogs)
                    : List.of();
        }

        private void validate(InterlockYaml yaml, List<Seal.PolicyText> policies) {
            List<SealIssue> issues = DraftSeals.issues(yaml.seal(), catalogs);
            issues.stream().map(yaml::locate).forEach(problems::add);
            // A wrong name there makes a problem of each policy that has the right one, and would be lost among them.
            if (issues.isEmpty()) {
                problems.addAll(DraftSeals.problems(yaml.seal(), catalogs));
            }
            if (policies.isEmpty()) {
                warnings.add(new LintFinding(
                        LintFindingKind.EMPTY,
                        new PolicyProblem(InterlockYaml.FILE, 1, "there is no policy, so nothing is permitted")));
            }
            if (problems.isEmpty()) {
                PersonGroups.misspelled(yaml.seal())
                        .forEach(
                                issue -> warnings.add(new LintFinding(LintFindingKind.MISSPELLED, yaml.locate(issue))));
                OwnFileLists.find(yaml.seal())
                        .ifPresent(own -> warnings.add(new LintFinding(LintFindingKind.SUPERSEDED, own)));
                readBack(yaml.seal());
            }
        }

        private void readBack(Seal draft) {
            try {
                DraftSeals.read(DraftSeals.payload(draft));
            } catch (IllegalArgumentException e) { // it cannot be written, or cannot be read back
                problems.add(new PolicyProblem(InterlockYaml.FILE, 1, "this cannot be sealed: " + e.getMessage()));
            }
        }

        /** Lists files sorted by name, so that the same directory always makes the same seal. */
        private static List<Path> files(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.filter(file -> !file.getFileName().toString().startsWith("."))
                        .sorted()
                        .toList();
            }
        }

        private String text(String name) throws IOException {
            Path file = directory.resolve(name);
            if (!Files.isRegularFile(file)) {
                throw new PolicyProblemException(
                        new PolicyProblem(name, 1, "there is no such file; create it with `interlock init`"));
            }
            if (Files.size(file) > MAX_FILE) {
                throw new PolicyProblemException(
                        new PolicyProblem(name, 1, "the file is longer than " + MAX_FILE + " bytes"));
            }
            try {
                return Files.readString(file);
            } catch (CharacterCodingException e) {
                throw new PolicyProblemException(new PolicyProblem(name, 1, "the file is not UTF-8"));
            }
        }
    }
}
