package dev.interlock.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Impact;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What Interlock knows of a tool of an MCP server.
 *
 * @param name the server's name of it
 * @param takes its arguments
 * @param impacts those of each operation that it can be, in the file's order
 * @param isConditional whether particular arguments add to these
 * @param types the types of resources that it names
 * @param segments the rules about those of its arguments that the server writes into paths, as a catalog has them
 * @param members its members in a catalog file
 */
public record KnownTool(
        String name,
        Set<String> takes,
        List<Set<Impact>> impacts,
        boolean isConditional,
        Set<String> types,
        Set<String> segments,
        List<Member> members) {

    private static final String SAFER = "safer";

    /**
     * A member of the tool in a catalog file.
     *
     * @param use of a safer alternative, the tool to use
     */
    record Member(String key, String value, String use) {}

    public KnownTool {
        takes = Set.copyOf(takes);
        impacts = List.copyOf(impacts);
        types = Set.copyOf(types);
        segments = Set.copyOf(segments);
        members = List.copyOf(members);
    }

    /** Creates it from {@code tool}, as {@code node} of its file says it. */
    static KnownTool of(McpTool tool, JsonNode node, List<SegmentRule> rules) {
        Collection<CatalogEntry> entries = tool.operations().values();
        Set<String> takes = entries.stream()
                .flatMap(entry -> entry.shape().arguments().keySet().stream())
                .collect(Collectors.toSet());
        List<Member> members = new ArrayList<>();
        node.properties()
                .forEach(member -> members.add(new Member(
                        member.getKey(),
                        member.getValue().toString(), // JSON is YAML, too
                        member.getKey().equals(SAFER)
                                ? member.getValue().path("use").asText()
                                : "")));
        return new KnownTool(
                tool.name(),
                takes,
                entries.stream().map(CatalogEntry::impacts).distinct().toList(),
                entries.stream().anyMatch(entry -> !entry.rules().isEmpty()),
                entries.stream().flatMap(entry -> entry.types().stream()).collect(Collectors.toSet()),
                rules.stream()
                        .filter(rule -> takes.contains(rule.argument()))
                        .map(SegmentRule::text)
                        .collect(Collectors.toCollection(TreeSet::new)),
                members);
    }

    /** Returns its lines of a catalog file that lists {@code tools}. An alternative that is not there is left out. */
    public String lines(Set<String> tools) {
        return members.stream()
                .filter(member -> !member.key().equals(SAFER) || tools.contains(member.use()))
                .map(member -> "\n    " + member.key() + ": " + member.value())
                .collect(Collectors.joining("", "  \"" + name + "\":", ""));
    }

    /** Returns the line of a catalog file with the rules of {@code tools} about segments; empty if they have none. */
    public static String segmentsLine(Collection<KnownTool> tools) {
        String rules = tools.stream()
                .flatMap(tool -> tool.segments().stream())
                .distinct()
                .sorted()
                .map(rule -> '"' + rule + '"')
                .collect(Collectors.joining(","));
        return rules.isEmpty() ? "" : "segments: [" + rules + "]\n";
    }
}
