/**
 * Writes what comes of each recipe into its page: the blocks below "The message becomes" and "What happens". Read the
 * difference before you keep it: `node test/docs/support/write-recipes.ts && git diff docs/recipes`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECIPES, readRecipes } from './recipes.ts';
import { runRecipe } from './run-recipe.ts';

function withBlock(section: string, title: string, text: string): string {
  const block = new RegExp(`^(${title}:\\n\\n\`\`\`text\\n)[\\s\\S]*?(?=\`\`\`)`, 'm');
  return section.replace(block, (_, head: string) => `${head}${text}`);
}

for (const recipe of readRecipes()) {
  const [page = '', title = ''] = recipe.name.split(/: (.*)/s);
  const file = join(RECIPES, `${page}.md`);
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf(`## ${title}\n`);
  const next = text.indexOf('\n## ', start);
  const end = next === -1 ? text.length : next;
  const { after, happens } = await runRecipe(recipe);
  const shown = after.toString('utf8').replaceAll('\r\n', '\n');
  const becomes = withBlock(text.slice(start, end), 'The message becomes', shown);
  writeFileSync(file, text.slice(0, start) + withBlock(becomes, 'What happens', happens) + text.slice(end));
}
