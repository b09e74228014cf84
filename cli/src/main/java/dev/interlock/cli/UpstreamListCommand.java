package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.catalog.Catalogs;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.policy.DraftSeals;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

@Command(
        name = "list",
        description = {
            "The upstreams of the policy: what each speaks, its address, the environments of its resources and credentials, and whether the vault holds each credential.",
            "What is not sealed yet, or not in the policy any more, is named below the table."
        },
        footer = "  sudo interlock upstream list")
final class UpstreamListCommand extends ConfiguredCommand {

    private record UpstreamRow(
            Seal.Upstream upstream, List<String> protocols, Set<String> environments, Map<String, Boolean> slots) {
        List<String> cells() {
            return List.of(
                    upstream.name(),
                    String.join(", ", protocols),
                    upstream.address().toString(),
                    String.join(", ", environments),
                    slots.entrySet().stream()
                            .map(slot -> slot.getKey() + (slot.getValue() ? "" : " (empty)"))
                            .collect(Collectors.joining(", ")));
        }

        Json.Members json(boolean isSealed) {
            return Json.object()
                    .with("name", upstream.name())
                    .withTexts("protocols", protocols)
                    .with("catalog", upstream.catalog())
                    .with("address", upstream.address().toString())
                    .withTexts("environments", environments)
                    .withItems(
                            "credentials",
                            slots.entrySet().stream()
                                    .map(slot -> Json.object()
                                            .with("name", slot.getKey())
                                            .with("stored", slot.getValue())))
                    .with("sealed", isSealed);
        }
    }

    @Override
    public Integer call() throws Exception {
        Seal draft = PolicyCommand.sound(terminal, options, null).draft();
        Catalogs catalogs = Catalogs.builtIn().of(draft);
        Set<String> stored = Credentials.vault(options.config()).filled();
        List<UpstreamRow> rows = draft.upstreams().values().stream()
                .map(upstream -> row(upstream, catalogs, stored))
                .toList();
        Set<String> sealed = sealed();
        return terminal.answer(
                options,
                Json.object()
                        .withItems(
                                "upstreams",
                                rows.stream()
                                        .map(row -> row.json(
                                                sealed.contains(row.upstream().name())))),
                () -> print(rows, sealed));
    }

    private static UpstreamRow row(Seal.Upstream upstream, Catalogs catalogs, Set<String> stored) {
        Set<String> environments = new TreeSet<>();
        upstream.resources().values().forEach(place -> environments.addAll(place.environments()));
        upstream.credentials().forEach(slot -> environments.addAll(slot.environments()));
        return new UpstreamRow(
                upstream,
                catalogs.find(upstream.catalog()).orElseThrow().protocols(),
                environments,
                upstream.credentials().stream()
                        .collect(Collectors.toMap(
                                Seal.CredentialSlot::name,
                                slot -> stored.contains(slot.name()),
                                (one, _) -> one,
                                TreeMap::new)));
    }

    private Set<String> sealed() throws IOException {
        Optional<byte[]> inForce = SealInForce.said(options.config());
        return inForce.isEmpty()
                ? Set.of()
                : DraftSeals.read(inForce.get()).upstreams().keySet();
    }

    private void print(List<UpstreamRow> rows, Set<String> sealed) {
        terminal.table(
                List.of("NAME", "KIND", "ADDRESS", "ENVIRONMENTS", "CREDENTIALS"),
                rows.stream().map(UpstreamRow::cells).toList());
        Set<String> names =
                rows.stream().map(row -> row.upstream().name()).collect(Collectors.toCollection(TreeSet::new));
        Set<String> unsealed = new TreeSet<>(names);
        unsealed.removeAll(sealed);
        Set<String> gone = new TreeSet<>(sealed);
        gone.removeAll(names);
        if (!unsealed.isEmpty()) {
            terminal.aside("not in force yet: " + String.join(", ", unsealed)
                    + "; check the policy, then: interlock seal --key KEY" + options.again());
        }
        if (!gone.isEmpty()) {
            terminal.aside(
                    "in force until the next seal, though the policy has them no more: " + String.join(", ", gone));
        }
        Set<String> empty = rows.stream()
                .flatMap(row -> row.slots().entrySet().stream())
                .flatMap(slot -> slot.getValue() ? Stream.of() : Stream.of(slot.getKey()))
                .collect(Collectors.toCollection(TreeSet::new));
        if (!empty.isEmpty()) {
            terminal.aside("calls that need an empty credential are refused; store one: interlock vault put "
                    + empty.iterator().next() + options.again());
        }
    }
}
