package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.evidence.CallFilter;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description = {
            "For everything that holds data and each way of losing it: the youngest backup that would remain, its age, and when it was restored for real. The gateway answers, and trusts only signed attestations.",
            "Red means: no backup would remain that was restored and is young enough, a target of the seal is missed, or the status is not known. Exit code 1 if anything is red, 69 if something could not be found out."
        },
        footer = {
            "  interlock backup status",
            "  interlock backup status --json",
            "  interlock backup status --at 2026-01-20"
        })
final class BackupStatusCommand extends ConfiguredCommand {

    /** The width of the column for recovery cases. The longest usual one is that of an environment. */
    private static final int WIDTH = 32;

    private static final Map<String, String> WAYS =
            Map.of("account", "account closed", "credential", "a credential misused");
    private static final String ASKED_THERE = "`backup status` asks the gateway, so run it on the gateway's machine";

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description =
                    "The status at that time: a date (its beginning, UTC), or a time such as 2026-01-20T18:00:00Z. It uses today's knowledge: locations are today's, and backups that have been deleted since do not count.")
    private Optional<String> at = Optional.empty();

    @Override
    public Integer call() throws Exception {
        Optional<Instant> moment = at.map(CallFilter::time);
        requireConfig();
        Json.Members found = options.daemon().ask(new BackupQuestion.AskBackups(moment));
        terminal.answer(options, found, () -> print(found));
        if (found.flag("red")) {
            return ExitCodes.NO;
        }
        return found.texts("not_known").isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    /** A machine that only tests backups has no gateway to ask. */
    private void requireConfig() throws IOException {
        Path file;
        try {
            file = options.configFile();
        } catch (FileNotFoundException e) {
            throw (FileNotFoundException) new FileNotFoundException(e.getMessage() + ": " + ASKED_THERE).initCause(e);
        }
        if (Files.notExists(file)) {
            throw new NoSuchFileException(file.toString(), null, ASKED_THERE);
        }
    }

    private void print(Json.Members found) {
        if (at.isPresent()) {
            line("As of " + CellFormat.time(found.text("now")) + ", by today's knowledge.");
        }
        List<Json.Members> resources = found.objects("resources");
        if (resources.isEmpty()) {
            line(
                    "The inventory knows nothing that holds data, and the seal in force names no backups: see docs/backups.md.");
        }
        for (Json.Members resource : resources) {
            line(mark(resource) + resource.text("resource") + "  " + String.join(", ", resource.texts("environments"))
                    + plans(resource));
            for (Json.Members way : resource.objects("ways")) {
                String lost = way.text("way");
                line("  " + mark(way) + padded(WAYS.getOrDefault(lost, lost + " deleted")) + left(way));
            }
            line("  " + point(resource.object("point")));
            line("  " + time(resource.object("time")));
            line("  " + practice(resource));
            tried(resource);
            List<String> unseen = resource.texts("apart_by_seal_alone");
            if (!unseen.isEmpty()) { // no fault where another machine cannot be inspected, but readers must know
                line("  ? " + padded("lies apart") + "only the seal says so; the location could not be checked: "
                        + String.join(", ", unseen));
            }
            resource.texts("unlooked").forEach(words -> line("  ✗ " + padded("not checked") + words));
            resource.texts("moved").forEach(words -> line("  ✗ " + padded("source or target changed") + words));
            if (!resource.texts("deletable_from_outside").isEmpty()) {
                line("  ? " + padded("deletable by") + String.join(", ", resource.texts("deletable_from_outside"))
                        + ": not in the vault, so assumed to be outside");
            }
            found.objects("unsigned").stream()
                    .filter(one -> one.text("of").equals(resource.text("resource")))
                    .forEach(one -> line("  ? " + padded("rehearsed, not signed") + one.text("id") + ", "
                            + CellFormat.time(one.text("practised_at"))
                            + ": it counts once a person signs it by passkey at the console"));
            if (at.isEmpty()) {
                BackupNextSteps.of(options.again(), resource).forEach(step -> line("  next: " + step));
            }
        }
        if (!found.texts("expendable").isEmpty()) {
            line("– the seal says that nothing there needs a backup: " + String.join(", ", found.texts("expendable")));
        }
        found.texts("not_known").forEach(why -> terminal.problem("not found out: " + VisibleText.line(why)));
    }

    /** Strangers choose parts of the text: messages of failed programs, and names in a database. */
    private void line(String text) {
        terminal.line(VisibleText.line(text));
    }

    private static String mark(Json.Members judged) {
        return judged.flag("red") ? "✗ " : "✓ ";
    }

    /** Nothing was done, and there is no target for it: this is neither good nor bad. */
    private static String markOfNothing(Json.Members judged) {
        return judged.flag("red") ? mark(judged) : "– ";
    }

    private static String padded(String words) {
        return words + " ".repeat(Math.max(2, WIDTH - words.length()));
    }

    private static String plans(Json.Members resource) {
        return resource.texts("plans").isEmpty()
                ? "  no plan saves it"
                : "  saved by " + String.join(", ", resource.texts("plans")) + ", in "
                        + String.join(", ", resource.texts("domains"));
    }

    private static String left(Json.Members way) {
        String why = String.join("; ", way.texts("why"));
        Optional<String> backup = way.optionalText("backup")
                .map(id -> id + ", " + CellFormat.age(way.whole("age_seconds")) + " old"
                        + way.optionalText("restored_at")
                                .map(at -> ", restored " + CellFormat.time(at))
                                .orElse(""));
        return Stream.concat(backup.stream(), Stream.of(why))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(": "));
    }

    private static String point(Json.Members point) {
        return mark(point)
                + padded("recovery point")
                + (point.get("seconds").isPresent()
                        ? "at most " + CellFormat.age(point.whole("seconds")) + " would be lost"
                        : "everything could be gone")
                + target(point);
    }

    private static String time(Json.Members time) {
        return (time.get("seconds").isPresent() ? mark(time) : markOfNothing(time))
                + padded("recovery time")
                + (time.get("seconds").isPresent()
                        ? CellFormat.age(time.whole("seconds"))
                                + switch (time.text("by")) {
                                    case "practice" -> ", as rehearsed";
                                    case "both" -> " for the restore alone, longer than the whole rehearsal took";
                                    default -> " for the restore alone; the other steps have not been rehearsed";
                                }
                        : "not known")
                + target(time);
    }

    private static String practice(Json.Members resource) {
        Json.Members practice = resource.object("practice");
        if (resource.get("last_practised").isEmpty()) {
            return markOfNothing(practice) + padded("rehearsed") + "never" + target(practice);
        }
        Json.Members last = resource.object("last_practised");
        boolean skipped = practice.get("skipped").isPresent();
        return (skipped ? markOfNothing(practice) : mark(practice)) + padded("rehearsed") + "by " + last.text("by")
                + ", " + CellFormat.age(practice.whole("seconds")) + " ago, "
                + (!last.flag("restored")
                        ? "IT FAILED: " + String.join("; ", last.texts("wrong"))
                        : skipped
                                ? practice.whole("skipped") + " of " + practice.whole("steps") + " steps were skipped"
                                : "took " + CellFormat.age(last.whole("took_seconds")))
                + target(practice);
    }

    private static String target(Json.Members judged) {
        return judged.get("target_seconds").isPresent()
                ? " (target " + CellFormat.age(judged.whole("target_seconds")) + ")"
                : "";
    }

    private void tried(Json.Members resource) {
        if (resource.get("last_tried").isEmpty()) {
            return;
        }
        Json.Members last = resource.object("last_tried");
        String which = CellFormat.time(last.text("tried_at"))
                + (resource.texts("plans").size() > 1 ? ", " + last.text("plan") + "/" + last.text("backup") : "");
        long changed = last.whole("changed");
        line("  " + (last.flag("restored") ? "✓ " : "✗ ") + padded("last verified") + which
                + (last.flag("restored")
                        ? ", restored in " + CellFormat.age(last.whole("took_seconds"))
                                + (changed == 0 ? "" : "; " + changed + " things changed while it was taken")
                        : ", RESTORE TEST FAILED: " + String.join("; ", last.texts("wrong"))));
    }
}
