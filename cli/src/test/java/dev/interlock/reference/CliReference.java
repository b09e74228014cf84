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
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Generates {@code docs/reference/cli.md} from picocli's model of the commands. */
final class CliReference {

    private static final int WIDTH = 110;
    private static final String HELP = "help";

    /** Options that are described once, at the top of the page. */
    private static final Set<String> COMMON = Set.of("--config", "--json", "--help", "--version");

    private static final List<String> COLUMNS = List.of("option", "meaning");

    private CliReference() {}

    static String page() throws IOException, ReflectiveOperationException {
        CommandLine root = CommandModel.all();
        MarkdownPage page = new MarkdownPage(
                "Commands",
                "All commands of `interlock`, their options and exit codes. `interlock help COMMAND` prints the same."
                        + " How to use them is in [running Interlock](../operators.md).");
        page.heading(2, "Common options").table(COLUMNS, common(root));
        page.heading(2, "Exit codes").table(List.of("code", "meaning"), exitCodes());
        page.paragraph("[Running Interlock](../operators.md#exit-codes) explains them.");
        children(root).forEach(child -> command(page, child, 2));
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

    private static void command(MarkdownPage page, CommandLine line, int level) {
        CommandSpec command = line.getCommandSpec();
        line.setUsageHelpWidth(WIDTH);
        Help help = new Help(command, Help.defaultColorScheme(Help.Ansi.OFF));
        page.heading(level, command.qualifiedName());
        for (String description : command.usageMessage().description()) {
            page.paragraph(text(description));
        }
        page.code(List.of(help.synopsis(0).stripTrailing()));
        page.table(COLUMNS, arguments(command));
        footer(page, command.usageMessage().footer());
        children(line).forEach(child -> command(page, child, level + 1));
    }

    /** Appends the text below the options. Indented lines of it are examples. */
    private static void footer(MarkdownPage page, String... lines) {
        List<String> example = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("  ")) {
                example.add(line.substring(2));
            } else {
                page.code(example);
                example.clear();
                page.paragraph(line);
            }
        }
        page.code(example);
    }

    private static List<List<String>> arguments(CommandSpec command) {
        List<List<String>> rows = new ArrayList<>();
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            if (!parameter.hidden()) {
                rows.add(List.of("`" + parameter.paramLabel() + "`", text(parameter.description())));
            }
        }
        for (OptionSpec option : command.options()) {
            if (!option.hidden() && !COMMON.contains(option.longestName())) {
                rows.add(row(option));
            }
        }
        return rows;
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
