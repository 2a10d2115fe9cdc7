/** A fenced code block of a page. */
export interface Fence {
  /** Where it stands, for messages: `README.md:42`. */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** What its first line says in a comment, or its title, where that is a path: `config/app.yaml`. */
  readonly file: string | undefined;
  /** Whether that line goes on with `, edited`: the file is saved like this while the app runs. */
  readonly isEdit: boolean;
}

const FENCE = /^```(\S*)(?: title="(.+)")?\n([\s\S]*?)^```$/gm;
const FIRST_LINE = /^(?:\/\/|#) ([\w./-]+\.\w+)(, edited)?$/m;

/** The fenced code blocks of a page, in their order. */
export function fencesOf(page: string, markdown: string): Fence[] {
  return [...markdown.matchAll(FENCE)].map(({ index, 1: language = '', 2: title, 3: text = '' }) => {
    const comment = FIRST_LINE.exec(text.split('\n', 1)[0]!);
    return {
      place: `${page}:${markdown.slice(0, index).split('\n').length}`,
      language,
      text,
      file: title ?? comment?.[1],
      isEdit: comment?.[2] !== undefined,
    };
  });
}
