package dev.interlock.cli;

import dev.interlock.action.Resource;
import dev.interlock.action.VisibleText;
import dev.interlock.admin.ListingCommands;
import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupListing;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.ListingCache;
import dev.interlock.backup.TargetCheck;
import dev.interlock.backup.exec.ToolListing;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Backups that other tools list, and backups of plans that are not tested yet. The list comes from this machine, or
 * from reports of other machines to the gateway.
 */
final class ListedBackups {

    private record ListingResult(String name, Resource of, List<ToolListing.ToolBackup> backups) {}

    private record FailedListing(String name, Resource of, String why) {}

    private final List<ListingResult> listings = new ArrayList<>();
    private final List<FailedListing> failed = new ArrayList<>();
    private final List<Json.Members> told = new ArrayList<>();

    private ListedBackups() {}

    static ListedBackups none() {
        return new ListedBackups();
    }

    /**
     * Reads the {@code backups.yaml} beside {@code gatewayYaml}: the lists of its tools, and untested backups of its
     * plans. Empty if this user cannot read it.
     */
    static ListedBackups beside(Path gatewayYaml) throws IOException {
        if (!Files.isReadable(gatewayYaml.toAbsolutePath().resolveSibling("backups.yaml"))) {
            return none();
        }
        BackupConfig backups = BackupConfig.beside(gatewayYaml);
        ListedBackups all = of(backups);
        backups.plans().values().forEach(plan -> all.look(plan, backups));
        return all;
    }

    /** Reads the lists of other tools only. */
    static ListedBackups of(BackupConfig backups) {
        ListedBackups all = new ListedBackups();
        backups.listings().forEach(all::ask);
        return all;
    }

    /**
     * Adds the youngest backup of a plan until it is tested. A target that cannot be read, or not quickly, is reported
     * by other machines.
     */
    private void look(BackupPlanConfig plan, BackupConfig backups) {
        try {
            BackupListing.of(
                            TargetCheck.periodic(),
                            plan,
                            Encryption.of(backups.key()),
                            new ListingCache(),
                            Optional.empty())
                    .youngest()
                    .filter(entry -> entry.attested().isEmpty())
                    .ifPresent(entry -> listings.add(new ListingResult(
                            "plan " + plan.name(),
                            plan.of(),
                            List.of(new ToolListing.ToolBackup(entry.id(), entry.takenAt(), false)))));
        } catch (IOException | RuntimeException e) {
            // `backup list` shows the error, and nothing depends on this report.
        }
    }

    private void ask(ToolListing tool) {
        try {
            listings.add(new ListingResult(tool.name(), tool.of(), tool.read()));
        } catch (IOException e) {
            failed.add(new FailedListing(tool.name(), tool.of(), String.valueOf(e.getMessage())));
        }
    }

    /** Returns the same with the lists that other machines reported to the gateway. */
    ListedBackups with(List<Json.Members> told) {
        told.stream().filter(one -> !isAsked(one)).forEach(this.told::add);
        return this;
    }

    private boolean isAsked(Json.Members told) {
        return listings.stream().anyMatch(listing -> isSame(listing.name(), listing.of(), told))
                || failed.stream().anyMatch(one -> isSame(one.name(), one.of(), told));
    }

    private static boolean isSame(String name, Resource of, Json.Members told) {
        return name.equals(told.text("listing")) && of.toString().equals(told.text("of"));
    }

    /** Returns which tools could not be asked here, and why. */
    List<String> notKnown() {
        return failed.stream()
                .map(one -> "what `" + one.name() + "` lists: " + VisibleText.line(one.why()))
                .toList();
    }

    /** Returns the resources with listed backups, by name. */
    Set<String> resources() {
        Set<String> all = new TreeSet<>();
        listings.forEach(listing -> all.add(listing.of().toString()));
        told.forEach(one -> all.add(one.text("of")));
        return all;
    }

    /** Returns the text of each tool about backups of {@code resource}. */
    Map<String, String> of(String resource) {
        Map<String, String> words = new TreeMap<>();
        Instant now = Instant.now();
        told.stream()
                .filter(one -> one.text("of").equals(resource))
                .forEach(one -> words.put("listed by " + VisibleText.line(one.text("listing")), words(one, now)));
        listings.stream()
                .filter(listing -> listing.of().toString().equals(resource))
                .forEach(listing -> words.put("listed by " + listing.name(), words(said(listing, now), now)));
        return words;
    }

    private static String words(Json.Members listing, Instant now) {
        if (listing.get("failed").isPresent()) {
            return "not found out: " + VisibleText.line(listing.text("failed")) + asked(listing, now);
        }
        long backups = listing.whole("backups");
        if (backups == 0) {
            return "none" + asked(listing, now);
        }
        Json.Members youngest = listing.object("youngest");
        return VisibleText.line(youngest.text("backup")) + ", " + age(youngest.text("taken_at"), now) + " old"
                + (youngest.flag("errors") ? ", WITH ERRORS according to the tool" : "")
                + (backups > 1 ? ", and " + (backups - 1) + " older" : "")
                + asked(listing, now)
                + ": unverified, because nobody has restored it";
    }

    private static String asked(Json.Members listing, Instant now) {
        return listing.get("by").isPresent()
                ? "; asked by `" + VisibleText.line(listing.text("by")) + "` " + age(listing.text("asked_at"), now)
                        + " ago"
                : "";
    }

    private static String age(String at, Instant now) {
        return CellFormat.age(
                Math.max(0, Duration.between(Instant.parse(at), now).toSeconds()));
    }

    /** Returns the report for the gateway; empty if there is nothing to report. */
    Optional<Json.Members> toTell(Instant now) {
        List<Json> all = new ArrayList<>();
        listings.forEach(listing -> all.add(said(listing, now)));
        failed.forEach(one -> all.add(said(one.name(), one.of(), now).with("failed", cut(one.why()))));
        return all.isEmpty() ? Optional.empty() : Optional.of(Json.object().with("listings", new Json.Array(all)));
    }

    private static Json.Members said(String name, Resource of, Instant now) {
        return Json.object()
                .with("listing", name)
                .with("of", of.toString())
                .with("asked_at", now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private static Json.Members said(ListingResult listing, Instant now) {
        Json.Members said = said(listing.name(), listing.of(), now)
                .with("backups", listing.backups().size());
        if (listing.backups().isEmpty()) {
            return said;
        }
        ToolListing.ToolBackup youngest = listing.backups().getLast();
        return said.with(
                "youngest",
                Json.object()
                        .with("backup", cut(youngest.backup()))
                        .with("taken_at", youngest.takenAt().toString())
                        .with("errors", youngest.hasErrors()));
    }

    private static String cut(String text) {
        String some = text.isBlank() ? "nothing was said" : text;
        return some.length() <= ListingCommands.MAX_TEXT
                ? some
                : VisibleText.cut(some, ListingCommands.MAX_TEXT - 1) + "…";
    }

    /** Returns the lists that were read here, for programs. */
    Json.Array json() {
        return new Json.Array(listings.stream().<Json>map(ListedBackups::json).toList());
    }

    private static Json.Members json(ListingResult listing) {
        return Json.object()
                .with("listing", listing.name())
                .with("of", listing.of().toString())
                .with("verified", false)
                .withItems(
                        "backups",
                        listing.backups().stream()
                                .map(backup -> Json.object()
                                        .with("backup", backup.backup())
                                        .with("taken_at", backup.takenAt().toString())
                                        .with("errors", backup.hasErrors())));
    }
}
