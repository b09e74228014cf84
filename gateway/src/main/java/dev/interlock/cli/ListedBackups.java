package dev.interlock.cli;

import dev.interlock.Backups;
import dev.interlock.action.Plain;
import dev.interlock.backup.exec.ToolListing;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What other tools say of their backups, asked on this machine and told to nobody else: no gateway hears of them, so
 * that none can rest on them.
 */
final class ListedBackups {

    private record Listing(ToolListing tool, List<ToolListing.Listed> backups) {}

    private final List<Listing> listings = new ArrayList<>();
    private final List<String> notKnown = new ArrayList<>();

    private ListedBackups() {}

    static ListedBackups none() {
        return new ListedBackups();
    }

    /** Those of the {@code backups.yaml} beside {@code gatewayYaml}; none where this user cannot read one. */
    static ListedBackups beside(Path gatewayYaml) throws IOException {
        ListedBackups all = new ListedBackups();
        if (Files.isReadable(gatewayYaml.toAbsolutePath().resolveSibling("backups.yaml"))) {
            for (ToolListing tool : Backups.beside(gatewayYaml).listings()) {
                all.ask(tool);
            }
        }
        return all;
    }

    private void ask(ToolListing tool) {
        try {
            listings.add(new Listing(tool, tool.read()));
        } catch (IOException e) {
            notKnown.add("what `" + tool.name() + "` lists: " + Plain.line(String.valueOf(e.getMessage())));
        }
    }

    /** Which tools could not be asked, and why. */
    List<String> notKnown() {
        return notKnown;
    }

    /** Of what there are any, by name. */
    Set<String> resources() {
        Set<String> all = new TreeSet<>();
        listings.forEach(listing -> all.add(listing.tool().of().toString()));
        return all;
    }

    /** What each tool says of backups of {@code resource}, in words. */
    Map<String, String> of(String resource) {
        Map<String, String> words = new TreeMap<>();
        listings.stream()
                .filter(listing -> listing.tool().of().toString().equals(resource))
                .forEach(listing -> words.put("listed by " + listing.tool().name(), words(listing.backups())));
        return words;
    }

    private static String words(List<ToolListing.Listed> backups) {
        if (backups.isEmpty()) {
            return "none";
        }
        ToolListing.Listed youngest = backups.getLast();
        Duration age = Duration.between(youngest.takenAt(), Instant.now());
        return Plain.line(youngest.backup()) + ", " + Rendering.age(Math.max(0, age.toSeconds())) + " old"
                + (youngest.hasErrors() ? ", WITH ERRORS as the tool says" : "")
                + (backups.size() > 1 ? ", and " + (backups.size() - 1) + " older" : "")
                + ": unverified, nobody has restored it";
    }

    /** For programs: of each listing what it says. */
    Json.Array json() {
        return new Json.Array(listings.stream().<Json>map(ListedBackups::json).toList());
    }

    private static Json.Members json(Listing listing) {
        return Json.object()
                .with("listing", listing.tool().name())
                .with("of", listing.tool().of().toString())
                .with("verified", false)
                .with(
                        "backups",
                        new Json.Array(listing.backups().stream()
                                .<Json>map(backup -> Json.object()
                                        .with("backup", backup.backup())
                                        .with("taken_at", backup.takenAt().toString())
                                        .with("errors", backup.hasErrors()))
                                .toList()));
    }
}
