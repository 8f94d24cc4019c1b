import { render } from 'preact';
import { Boot } from './boot.tsx';
import './page.css';

render(<Boot />, document.getElementById('app')!);
