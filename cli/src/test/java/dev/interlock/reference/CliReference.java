package dev.interlock.reference;

import dev.interlock.cli.CommandModel;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Generates {@code docs/reference/cli.md}, a line for each command, from picocli's model of them. */
final class CliReference {

    private static final String HELP = "help";

    /** Options that are described once, at the top of the page. */
    private static final Set<String> COMMON = Set.of("--config", "--json", "--help", "--version");

    private static final List<String> COLUMNS = List.of("option", "meaning");

    private CliReference() {}

    static String page() throws IOException, ReflectiveOperationException {
        CommandLine root = CommandModel.all();
        MarkdownPage page = new MarkdownPage(
                "Commands",
                "All commands of `interlock`. `interlock help COMMAND` and `man interlock-COMMAND` have the options and"
                        + " examples. How to use them is in [running Interlock](../operators.md).");
        page.heading(2, "Common options").table(COLUMNS, common(root));
        page.heading(2, "Exit codes").table(List.of("code", "meaning"), exitCodes());
        page.heading(2, "Commands")
                .table(
                        List.of("command", "does"),
                        everyOne(root).skip(1).map(CliReference::command).toList());
        return page.toString();
    }

    private static List<CommandLine> children(CommandLine line) {
        return line.getSubcommands().entrySet().stream()
                .filter(child -> !child.getKey().equals(HELP))
                .map(Map.Entry::getValue)
                .filter(child -> !child.getCommandSpec().usageMessage().hidden())
                .distinct()
                .toList();
    }

    private static List<String> command(CommandLine line) {
        CommandSpec command = line.getCommandSpec();
        String arguments = command.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .map(parameter -> " " + parameter.paramLabel())
                .collect(Collectors.joining());
        return List.of(
                "`" + command.qualifiedName() + arguments + "`",
                firstSentence(text(command.usageMessage().description())));
    }

    private static String firstSentence(String description) {
        int end = description.indexOf(". ");
        return end < 0 ? description : description.substring(0, end + 1);
    }

    private static List<List<String>> common(CommandLine root) {
        List<CommandLine> all = everyOne(root).toList();
        return COMMON.stream()
                .sorted()
                .map(name -> all.stream()
                        .map(line -> line.getCommandSpec().findOption(name))
                        .filter(option -> option != null)
                        .findFirst()
                        .orElseThrow())
                .map(CliReference::row)
                .toList();
    }

    private static Stream<CommandLine> everyOne(CommandLine line) {
        return Stream.concat(Stream.of(line), children(line).stream().flatMap(CliReference::everyOne));
    }

    private static List<String> row(OptionSpec option) {
        String names = Arrays.stream(option.names()).collect(Collectors.joining("`, `"));
        boolean valued = option.arity().max() > 0;
        return List.of(
                "`" + names + (valued ? " " + option.paramLabel() : "") + "`",
                text(option.description()) + (option.required() && option.group() == null ? " Required." : ""));
    }

    /** Resolves picocli's escapes and defaults in {@code lines}. */
    private static String text(String... lines) {
        return String.join(" ", lines).replace("$$", "$").replace("%%", "%").replace("%n", " ");
    }

    private static List<List<String>> exitCodes() throws IOException, IllegalAccessException {
        Class<?> codes = ExitCodes.class;
        Map<String, String> comments =
                SourceComments.of("model", codes.getName()).constants();
        List<List<String>> rows = new ArrayList<>();
        for (Field code : codes.getDeclaredFields()) {
            if (Modifier.isStatic(code.getModifiers()) && code.getType() == int.class) {
                rows.add(List.of(
                        String.valueOf(code.getInt(null)), Objects.requireNonNull(comments.get(code.getName()))));
            }
        }
        return rows;
    }
}
