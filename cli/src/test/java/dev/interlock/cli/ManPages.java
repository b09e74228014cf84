package dev.interlock.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The man pages, in the language of man(7): {@code interlock(1)}, and one page for each command with its subcommands.
 * They say the same as {@code --help}, because both come from picocli's model.
 */
final class ManPages {

    private static final String HELP = "help";
    private static final String EXAMPLE = "Example";

    private ManPages() {}

    /** Returns the text of each page by its file name, such as {@code interlock-run.1}. */
    static Map<String, String> of(CommandLine root) {
        Map<String, String> pages = new LinkedHashMap<>();
        List<CommandLine> commands = children(root).toList();
        pages.put("interlock.1", overview(root, commands));
        for (CommandLine command : commands) {
            pages.put(name(command) + ".1", page(command));
        }
        return pages;
    }

    private static String overview(CommandLine root, List<CommandLine> commands) {
        List<String> lines = beginning(root);
        lines.add(".SH COMMANDS");
        for (CommandLine command : commands) {
            lines.add(".TP");
            lines.add("\\fB" + name(command) + "\\fR(1)");
            lines.add(text(description(command)));
        }
        lines.add(".SH FILES");
        lines.add(".TP");
        lines.add("/etc/interlock/gateway.yaml");
        lines.add("The configuration of the gateway. The policy lies beside it.");
        lines.add(".TP");
        lines.add("/var/lib/interlock");
        lines.add("The data of the gateway: ledger, store and vault.");
        return String.join("\n", lines) + "\n";
    }

    private static String page(CommandLine command) {
        List<String> lines = beginning(command);
        lines.addAll(arguments(command.getCommandSpec(), ".SH OPTIONS"));
        List<CommandLine> children = children(command).toList();
        if (!children.isEmpty()) {
            lines.add(".SH COMMANDS");
        }
        for (CommandLine child : children) {
            lines.add(".SS " + roff(child.getCommandName()));
            lines.add(text(description(child)));
            lines.add(".PP");
            lines.add("\\fB" + roff(synopsis(child)) + "\\fR");
            lines.addAll(arguments(child.getCommandSpec(), ""));
            lines.addAll(examples(child, ".PP"));
        }
        lines.addAll(examples(command, ".SH EXAMPLES"));
        lines.add(".SH SEE ALSO");
        lines.add("\\fBinterlock\\fR(1)");
        return String.join("\n", lines) + "\n";
    }

    private static List<String> beginning(CommandLine command) {
        String name = name(command);
        return new ArrayList<>(List.of(
                ".TH " + name.toUpperCase(Locale.ROOT) + " 1 \"\" \"Interlock " + VersionCommand.VERSION + "\"",
                ".SH NAME",
                roff(name) + " \\- " + text(firstSentence(description(command))),
                ".SH SYNOPSIS",
                "\\fB" + roff(synopsis(command)) + "\\fR",
                ".SH DESCRIPTION",
                text(description(command))));
    }

    private static List<String> arguments(CommandSpec command, String heading) {
        List<ArgSpec> all = Stream.<ArgSpec>concat(command.positionalParameters().stream(), command.options().stream())
                .filter(argument -> !argument.hidden())
                .toList();
        List<String> lines = new ArrayList<>();
        if (!all.isEmpty() && !heading.isEmpty()) {
            lines.add(heading);
        }
        for (ArgSpec argument : all) {
            lines.add(".TP");
            lines.add("\\fB" + roff(label(argument)) + "\\fR");
            lines.add(text(String.join(" ", argument.description())));
        }
        return lines;
    }

    private static String label(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return argument.paramLabel();
        }
        String names = String.join(", ", option.names());
        return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
    }

    private static List<String> examples(CommandLine command, String heading) {
        List<String> footer = Arrays.stream(
                        command.getCommandSpec().usageMessage().footer())
                .dropWhile(line -> !line.startsWith(EXAMPLE))
                .skip(1)
                .map(ManPages::roff)
                .toList();
        if (footer.isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>(List.of(heading, ".nf"));
        lines.addAll(footer);
        lines.add(".fi");
        return lines;
    }

    private static Stream<CommandLine> children(CommandLine command) {
        return command.getSubcommands().entrySet().stream()
                .filter(child -> !child.getKey().equals(HELP))
                .map(Map.Entry::getValue)
                .filter(child -> !child.getCommandSpec().usageMessage().hidden())
                .distinct();
    }

    private static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName("-");
    }

    private static String synopsis(CommandLine command) {
        return new Help(command.getCommandSpec(), Help.defaultColorScheme(Help.Ansi.OFF))
                .synopsis(0)
                .lines()
                .map(String::strip)
                .collect(Collectors.joining(" "));
    }

    private static String description(CommandLine command) {
        return String.join(" ", command.getCommandSpec().usageMessage().description());
    }

    private static String firstSentence(String text) {
        int end = text.indexOf(". ");
        String first = end < 0 ? text : text.substring(0, end);
        return first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
    }

    /** A description as picocli would print it, on one line. */
    private static String text(String description) {
        return roff(String.format(description.replace("\n", " ")).strip());
    }

    /** Escapes what man(7) reads as its own: backslashes, hyphens, and a dot or quote at the beginning of a line. */
    private static String roff(String plain) {
        String escaped = plain.replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
