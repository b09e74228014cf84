package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.evidence.Json;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.vault.SlotContent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a person's tokens open at one provider, and what is proposed for it. */
record ProviderAccount(
        ProviderDirectory provider,
        List<FoundCredential> tokens,
        FoundCredential broadest,
        List<EnvironmentProposal> proposals) {
    /** More names than this are counted, not listed. */
    private static final int MANY = 6;

    static final UpstreamLines.Environments ENVIRONMENTS =
            new UpstreamLines.Environments(List.of(EnvironmentProposal.OPEN), List.of(EnvironmentProposal.PROTECTED));

    ProviderAccount {
        tokens = List.copyOf(tokens);
        proposals = List.copyOf(proposals);
    }

    private boolean isGithub() {
        return provider.catalog().equals("github");
    }

    boolean hasOpen() {
        return proposals.stream().anyMatch(ProviderAccount::isOpen);
    }

    static boolean isOpen(EnvironmentProposal one) {
        return one.environment().equals(EnvironmentProposal.OPEN);
    }

    /** Those beside the ones that a starter policy for {@code first} has. */
    List<UpstreamLines> upstreams(ProviderAccount first) {
        if (!isGithub()) {
            return List.of(); // Railway comes first, and has one address
        }
        List<UpstreamLines> all = UpstreamLines.of("github", ENVIRONMENTS, EnvironmentProposal.places(proposals));
        return equals(first) ? all.subList(1, all.size()) : all;
    }

    /** One token is enough to begin: it fills all slots. */
    Map<String, SlotContent> slots() {
        Map<String, SlotContent> slots = new TreeMap<>();
        StoredCredential token = new StoredCredential.StoredToken(broadest.secret());
        for (String slot : List.of("look", "read", "work", "confirmed", "protected-work", "protected-confirmed")) {
            slots.put(provider.catalog() + "-" + slot, SlotContent.token(broadest.secret()));
        }
        if (isGithub()) {
            for (UpstreamLines upstream : UpstreamLines.of("github", ENVIRONMENTS, Map.of())) {
                upstream.slots().forEach(slot -> slots.put(slot.name(), token.in(slot.user())));
            }
        }
        return slots;
    }

    /** The commands that put a new token in the place of {@link #broadest}; each asks for it once. */
    List<String> renewals() {
        Map<String, List<String>> bySender = new TreeMap<>();
        slots().forEach((slot, content) -> bySender.computeIfAbsent(
                        content.user().map(user -> "--basic " + user + " ").orElse(""), _ -> new ArrayList<>())
                .add(slot));
        return bySender.entrySet().stream()
                .map(group -> "sudo interlock vault put " + group.getKey() + String.join(" ", group.getValue()))
                .toList();
    }

    /**
     * The login of {@code gh} or git stays in its file: the person goes on working with it, and no agent sees their
     * home.
     */
    List<FoundCredential> moved(List<Path> projects) {
        return tokens.stream()
                .filter(token -> !isGithub() || token.seen().stream().anyMatch(seen -> isBelow(seen, projects)))
                .toList();
    }

    private static boolean isBelow(CredentialPlace seen, List<Path> projects) {
        return seen instanceof CredentialPlace.FilePlace(Path file, long _, long _)
                && projects.stream().anyMatch(file::startsWith);
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        String project = "";
        int left = 0;
        for (EnvironmentProposal one : proposals) {
            if (isGithub() && !isOpen(one)) {
                left++;
                continue;
            }
            String shown = one.resource().project();
            lines.add(cell(project.equals(shown) ? "" : provider.fullName() + "  " + shown, 34)
                    + cell(one.resource().name(), 24)
                    + (isOpen(one) ? "agents may work" : "protected"));
            project = shown;
        }
        if (left > 0) {
            lines.add(cell(lines.isEmpty() ? provider.fullName() : "", 34)
                    + cell(CellFormat.number(left, lines.isEmpty() ? "repository" : "other"), 24) + "protected");
        }
        return lines;
    }

    private static String cell(String text, int width) {
        return text.length() >= width ? text + "  " : text + " ".repeat(width - text.length());
    }

    String summary() {
        return provider.fullName() + " (open: " + names(true) + "; protected: " + names(false) + ")";
    }

    Set<String> names() {
        return proposals.stream().map(this::name).collect(Collectors.toSet());
    }

    private String name(EnvironmentProposal one) {
        return isGithub() ? one.resource().fullName() : one.resource().name();
    }

    private String names(boolean open) {
        List<String> names = proposals.stream()
                .filter(one -> isOpen(one) == open)
                .map(this::name)
                .distinct()
                .toList();
        return names.isEmpty() ? "none" : names.size() > MANY ? String.valueOf(names.size()) : String.join(", ", names);
    }

    Json.Members json() {
        return Json.object()
                .with("provider", provider.catalog())
                .withItems(
                        "tokens",
                        tokens.stream()
                                .map(token -> Json.object()
                                        .with("id", token.id())
                                        .with("kind", token.kind().id())
                                        .with("seen", token.seen().getFirst().shown())))
                .withItems(
                        "resources",
                        proposals.stream()
                                .map(one -> RecordJson.write(one.resource()).with("environment", one.environment())));
    }
}
