package dev.interlock.catalog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Impact;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What Interlock knows of a tool of an MCP server.
 *
 * @param name the server's name of it
 * @param takes its arguments
 * @param impacts those that each call has
 * @param possible those that some calls have
 * @param types the types of resources that it names
 * @param segments the rules about those of its arguments that the server writes into paths, as a catalog has them
 * @param members its members in a catalog file
 */
public record KnownTool(
        String name,
        Set<String> takes,
        Set<Impact> impacts,
        Set<Impact> possible,
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
        impacts = Set.copyOf(impacts);
        possible = Set.copyOf(possible);
        types = Set.copyOf(types);
        segments = Set.copyOf(segments);
        members = List.copyOf(members);
    }

    /** Creates it from {@code tool}, as {@code node} of its file says it. */
    static KnownTool of(McpTool tool, JsonNode node, List<SegmentRule> rules) {
        CatalogEntry entry = tool.operations().get(tool.name());
        if (entry == null) {
            throw new IllegalArgumentException("`" + tool.name() + "` does several things"); // none does so far
        }
        Set<String> takes = entry.shape().arguments().keySet();
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
                EnumSet.copyOf(entry.impacts()),
                entry.possible(),
                entry.types(),
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
}
